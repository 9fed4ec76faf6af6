"""What the files of an invented model say: one text of each kind, and a disagreement."""

from __future__ import annotations

from commonweight.policy import FilesSay
from commonweight.policy.files_say import Disagreement, Side
from commonweight.rights import identify_tag, load_records
from commonweight.rights.matching import Piece
from commonweight.vetting import LicenceText, TextLicence
from commonweight.web.presenting.files_say import files_say_view

RECORDS = load_records()
_MIT = TextLicence("mit", "MIT License", "mit", 0.89, 1.0, 0.0061)
_ZLIB = TextLicence("zlib", "zlib License", "", 0.974, 0.98, 0.011)
_RULES = TextLicence("house-aup", "House Acceptable Use Policy", "", 0.99, 0.99, 0.0, is_policy=True)

_APACHE = TextLicence("apache-2.0", "Apache License 2.0", "apache-2.0")

TEXTS = (
    LicenceText("LICENSE", "0" * 40, 11_358, "identified", "digest", licences=(_APACHE,)),
    LicenceText(
        "LICENSE.mit", "1" * 40, 1_070, "near", "matcher", licences=(_MIT,), matcher="ScanCode 32.5.0",
        diff=(
            Piece("same", "Permission is"), Piece("foreign", "not"), Piece("same", "hereby granted free of charge to"),
            Piece("gap", ""), Piece("same", "copies of the Software"), Piece("missing", "and to permit persons"),
            Piece("same", "to whom the Software is"), Piece("gap", ""),
        ),
    ),
    LicenceText(
        "vae/LICENSE", "2" * 40, 900, "identified", "matcher", licences=(_ZLIB, _RULES), folder="vae",
        artefacts=("weights",),
    ),
    LicenceText("src/LICENSE.de", "3" * 40, 900, "unknown", "matcher", folder="src", artefacts=("inference_code",)),
    LicenceText("COPYING", "4" * 40, 900, "waiting"),
    LicenceText("COPYING.bin", "5" * 40, 900, "failed", "matcher", problem="The matcher's process died at this text."),
)  # fmt: skip

FILES_SAY = files_say_view(
    FilesSay(
        (identify_tag("mit", RECORDS),),
        TEXTS,
        {
            "*": (
                {"key": "apache-2.0", "by": "file"},
                {"key": "mit", "by": "tag"},
                {"key": "unidentified-text", "by": "file"},
            ),
            "weights": ({"key": "zlib", "by": "file"}, {"key": "mit", "by": "tag"}),
        },
        (Disagreement("*", (Side("README.md", ("mit",)), Side("LICENSE", ("apache-2.0",)))),),
        "ScanCode 32.5.0",
    ),
    RECORDS,
    lambda path: f"/ada/tiny/blob/main/{path}",
    "/cw/v1/models/ada/tiny/licence-texts",
)
