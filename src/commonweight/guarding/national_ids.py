"""
National ids, each checked by its check digits (python-stdnum, extra `guard`).

A form that nothing else has is looked for anywhere. One that is only digits fits every tenth number, so it counts only
where a word that names it stands shortly before.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from commonweight.guarding.values import Found, Thing

NEAR: Final = 48  # characters before a number in which a word may name it


@dataclass(frozen=True)
class Form:
    """How an id of a country looks. `module` of stdnum checks it; `words` have to stand before it, where there are any."""

    country: str
    module: str
    pattern: str
    words: str = ""


FORMS: Final = (
    Form("AU", "au.tfn", r"\d{3} ?\d{3} ?\d{3}", "tfn|tax file"),
    Form("BE", "be.nn", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"),
    Form("BG", "bg.egn", r"\d{10}", "egn|егн"),
    Form("BR", "br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    Form("BR", "br.cpf", r"\d{11}", "cpf"),
    Form("CA", "ca.sin", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "sin|social insurance|nas"),
    Form("CH", "ch.ssn", r"756\.?\d{4}\.?\d{4}\.?\d\d"),
    Form("CL", "cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    Form("CN", "cn.ric", r"[1-9]\d{16}[\dX]"),
    Form("CZ", "cz.rc", r"\d{6}/\d{3,4}"),
    Form("DE", "de.idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "steuer|idnr|tax id|tin"),
    Form("DK", "dk.cpr", r"\d{6}-?\d{4}", "cpr|personnummer"),
    Form("EE", "ee.ik", r"\d{11}", "isikukood"),
    Form("ES", "es.dni", r"\d{8}[- ]?[A-Z]"),
    Form("ES", "es.nie", r"[XYZ]-?\d{7}-?[A-Z]"),
    Form("FI", "fi.hetu", r"\d{6}[-+A]\d{3}[\dA-Y]"),
    Form("FR", "fr.nir", r"[12] ?\d\d ?[01]\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d"),
    Form("GB", "gb.nhs", r"\d{3} ?\d{3} ?\d{4}", "nhs"),
    Form("GB", "", r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"),
    Form("HR", "hr.oib", r"\d{11}", "oib"),
    Form("IE", "ie.pps", r"\d{7}[A-W][A-IW]?"),
    Form("IL", "il.idnr", r"\d{9}", "teudat|israeli id"),
    Form("IN", "in_.aadhaar", r"\d{4} ?\d{4} ?\d{4}", "aadha+r|uid"),
    Form("IN", "in_.pan", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]"),
    Form("IT", "it.codicefiscale", r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]"),
    Form("KR", "kr.rrn", r"\d{6}-\d{7}"),
    Form("MX", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d"),
    Form("NL", "nl.bsn", r"\d{3}\.?\d{3}\.?\d{3}", "bsn|burgerservice|sofi"),
    Form("NO", "no.fodselsnummer", r"\d{6} ?\d{5}", "fødselsnummer|fodselsnummer|personnummer"),
    Form("PL", "pl.pesel", r"\d{11}", "pesel"),
    Form("PT", "pt.nif", r"\d{9}", "nif|contribuinte"),
    Form("RO", "ro.cnp", r"\d{13}", "cnp"),
    Form("SE", "se.personnummer", r"(?:\d\d)?\d{6}[-+]\d{4}"),
    Form("TR", "tr.tckimlik", r"\d{11}", "kimlik|t\\.?c\\.? ?no"),
    Form("US", "us.ssn", r"\d{3}-\d\d-\d{4}"),
    Form("US", "us.ssn", r"\d{9}", "ssn|social security"),
    Form("ZA", "za.idnr", r"\d{13}", "said|south african id|id number"),
)
_TWO_DIGITS: Final = re.compile(r"\d\d")
COUNTRIES: Final = frozenset(form.country for form in FORMS)


class NationalIds:
    """Looks for ids of these countries; of all that are known where none is named. Raises ImportError without the extra."""

    def __init__(self, countries: Collection[str] = ()) -> None:
        wanted = [form for form in FORMS if not countries or form.country in countries]
        self._forms = [_compiled(form) for form in wanted]

    def find(self, text: str) -> Iterator[Found]:
        if not _TWO_DIGITS.search(text):  # every form has them
            return
        for pattern, words, check in self._forms:
            for match in pattern.finditer(text):
                named = words is None or words.search(text, max(0, match.start() - NEAR), match.start())
                if named and check(match.group()):
                    yield Found(match.start(), match.end(), Thing.NATIONAL_ID)


def _compiled(form: Form) -> tuple[re.Pattern[str], re.Pattern[str] | None, Callable[[str], bool]]:
    pattern = re.compile(rf"(?<![\w.,-]){form.pattern}(?![\w-]|[.,]\d)")
    words = re.compile(rf"(?<!\w)(?:{form.words})", re.IGNORECASE) if form.words else None
    check = importlib.import_module(f"stdnum.{form.module}").is_valid if form.module else bool
    return pattern, words, check
