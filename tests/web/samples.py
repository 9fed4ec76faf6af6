"""One made-up example of every page, full enough that each part of its template is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from commonweight.hub import Repository
from commonweight.vetting import Evidence, Suspect, Suspicions
from commonweight.web.contexts import (
    ActView,
    AlternativeView,
    AskView,
    AxisView,
    BlobPage,
    CallName,
    CardPage,
    ChatPage,
    ClauseView,
    CommitRow,
    CommitsPage,
    ConflictView,
    Deed,
    DoesView,
    DoubtView,
    DutyView,
    EdgeView,
    ErrorPage,
    Facet,
    FileRow,
    FilesPage,
    Frame,
    GraphView,
    Head,
    HeaderView,
    Heading,
    KnownPage,
    LineagePage,
    LoginPage,
    MarketPage,
    NamespacePage,
    NewPage,
    NodeView,
    OpennessPage,
    OpennessView,
    Option,
    PackDutyView,
    PackFileView,
    PackPage,
    Page,
    Picked,
    ReadingView,
    RightsPage,
    RowView,
    SettingsPage,
    Snippet,
    StaleView,
    StandingUse,
    Tab,
    TriedRow,
    TriedView,
    VerdictBrief,
    VerdictPage,
    VerdictView,
    Word,
)
from commonweight.web.presenting import causes, words
from commonweight.web.presenting.packs import DUTY_WORDS, NAME_WORDS, STATE_WORDS
from commonweight.web.presenting.policy import MEASURE_WORDS
from commonweight.web.presenting.suspects import suspects_view
from tests.web.ask_samples import ask_page, compare_page
from tests.web.browse_samples import browse_pages
from tests.web.collection_samples import collection_pages
from tests.web.decision_samples import decision_pages
from tests.web.discussion_samples import discussion_pages
from tests.web.engine_samples import engines_page
from tests.web.files_samples import FILES_SAY
from tests.web.gating_samples import gating_pages
from tests.web.licence_samples import licence_page, licences_page
from tests.web.openness_samples import detail, known_detail
from tests.web.organisation_samples import organisation_pages, settings_pages, token_pages
from tests.web.ours_samples import ours_pages
from tests.web.policy_samples import changes_page, policy_page, quiet_changes_page, readers_policy_page
from tests.web.privacy_samples import privacy_page
from tests.web.scan_samples import scans_page
from tests.web.selling_samples import PLANS, selling_pages
from tests.web.tuning_samples import tuning_pages
from tests.web.webhook_samples import webhook_pages

FRAME = Frame("/", "ada", True, "c" * 64, "en", "", ("en", "es"), "http://127.0.0.1:8484")
USE = StandingUse("Internal evaluation by a company, facts unknown", "/rights/uses/1", True)
COMMIT = "3f9c1e0d5b7a4c2e9f8a6b1d0c3e5f7a9b2d4c6e"
REPO = "/commonweight/SmolLM2-135M-Instruct-GGUF"


def _openness(levels: tuple[int, int, int, int], label: str, state: str = "claimed") -> OpennessView:
    names = (("completeness", "Parts"), ("legal", "Terms"), ("access", "Access"), ("usability", "Usability"))
    said = ("nothing", "little", "half", "most", "all")
    axes = [
        AxisView(key, name, said[level], level, state if level else "unknown", f"{said[level].capitalize()} of what counts.")
        for (key, name), level in zip(names, levels, strict=True)
    ]
    return OpennessView(label, tuple(axes))


HERE = _openness((2, 4, 4, 3), "open weights, permissive", "checked")


def _row(
    name: str, verdict: str, why: str, licence: str, opened: OpennessView, deed: str, *meta: str, hosted: bool = False
) -> RowView:
    href = f"/{name}" if hosted else f"/models/{name}"
    brief = VerdictBrief(words.verdict_word(verdict), why, f"{href}/rights" if hosted else href)
    return RowView(name, href, hosted, meta, opened, brief, (licence,), "free", Deed(words.DEED_WORDS[deed], href))


ROWS = (
    _row(
        "commonweight/SmolLM2-135M-Instruct-GGUF",
        "allowed",
        "Allowed: evaluating SmolLM2-135M-Instruct-GGUF internally. One doubt about its name does not stop it.",
        "apache-2.0",
        HERE,
        "try",
        "Commonweight starter models",
        "98.4 MB",
        "text",
        hosted=True,
    ),
    _row(
        "meta-llama/llama-2",
        "allowed_with_duties",
        "Allowed, with duties: evaluating llama-2 internally. The threshold is frozen at June 2023.",
        "llama-2",
        _openness((2, 1, 2, 3), "open weights, restricted"),
        "see_terms",
        "Meta",
        "7B, 13B, 70B",
        "text",
        "2023-07-18",
    ),
    _row(
        "xai/grok-1",
        "allowed",
        "Allowed: evaluating grok-1 internally.",
        "apache-2.0",
        _openness((1, 4, 4, 1), "open weights, permissive"),
        "see_terms",
        "xAI",
        "314B",
        "text",
        "2024-03-17",
    ),
    _row(
        "mistralai/codestral-22b",
        "needs_permission",
        "Needs permission: production use depends on a commercial licence from the licensor.",
        "mnpl-0.1",
        _openness((1, 0, 2, 2), "research only"),
        "read_why_not",
        "Mistral AI",
        "22B",
        "code",
        "2024-05-29",
    ),
    _row(
        "stabilityai/sdxl-turbo",
        "prohibited",
        "Prohibited: the text that came with the copy allows non-commercial research only.",
        "stability-nc-research",
        _openness((1, 1, 4, 2), "research only"),
        "read_why_not",
        "Stability AI",
        "3.5B",
        "image",
        "2023-11-28",
    ),
    _row(
        "bigscience/bloom",
        "unknown",
        "Not known yet: the text of bigscience-bloom-rail-1.0 has not been recorded.",
        "bigscience-bloom-rail-1.0",
        _openness((3, 2, 4, 3), "open weights, use-restricted"),
        "see_terms",
        "BigScience",
        "176B",
        "text",
        "2022-07-06",
    ),
    _row(
        "databricks/dbrx",
        "unclear",
        "Unclear: the product threshold can be read per product or as a sum.",
        "dbrx",
        _openness((2, 1, 2, 2), "open weights, restricted"),
        "see_terms",
        "Databricks",
        "132B",
        "text",
        "2024-03-27",
    ),
)


def _facet(name: str, title: str, *options: tuple[str, Word, int, bool]) -> Facet:
    return Facet(name, title, tuple(Option(*option) for option in options))


FACETS = (
    _facet(
        "verdict",
        "May we use it?",
        *((key, word, 3 + at, key == "allowed") for at, (key, word) in enumerate(words.VERDICT_WORDS.items())),
    ),
    _facet("hosted", "Where", ("yes", words.HOSTED_WORDS["yes"], 1, False), ("no", words.HOSTED_WORDS["no"], 41, False)),
    _facet(
        "open",
        "How open",
        *(
            (label, words.other_word(label), count, False)
            for label, count in (("open weights, permissive", 18), ("research only", 6), ("closed or API", 0))
        ),
    ),
)
HEADINGS = (
    Heading("Model", "/?sort=name", "ascending"),
    Heading("May we use it?", "/?sort=verdict", ""),
    Heading("How open", "/?sort=open", ""),
    Heading("Licence", "", ""),
    Heading("Offer", "", ""),
    Heading("", "", ""),
)
MARKET = MarketPage(FRAME, USE, "", "name", FACETS, (Picked("Yes", "/"),), HEADINGS, ROWS, 42, 1)

CLAUSE = ClauseView(
    "apache-2.0",
    "§2",
    "Everybody may reproduce, use and prepare derivatives of the work, for any purpose.",
    "good",
    "allows",
    words.EVIDENCE_WORDS["text"],
    words.REVIEW_WORDS["checked"],
    "",
    "",
)
NAMING = ClauseView(
    "llama-3.1",
    "§1.b.i",
    "A model that was improved with outputs of Llama 3.1 and is distributed must have a name that begins with “Llama”.",
    "ask",
    "asks",
    words.EVIDENCE_WORDS["text"],
    words.REVIEW_WORDS["checked"],
    "SmolLM2-135M-Instruct → smol-smoltalk → Llama-3.1-405B",
    "",
)
NODES = (
    NodeView("commonweight/SmolLM2-135M-Instruct-GGUF", "model", "apache-2.0", REPO, True),
    NodeView("HuggingFaceTB/SmolLM2-135M-Instruct", "model", "apache-2.0", "", False),
    NodeView("HuggingFaceTB/SmolLM2-135M", "model", "apache-2.0", "", False),
    NodeView("HuggingFaceTB/smol-smoltalk", "dataset", "apache-2.0", "", False),
    NodeView("meta-llama/llama-3.1", "model", "llama-3.1", "/models/meta-llama/llama-3.1", False),
)
DECLARED, SECONDARY = words.EDGE_WORDS["declared"], words.EDGE_WORDS["secondary"]
EDGES = (
    EdgeView(NODES[0].id, NODES[1].id, "quantised", DECLARED, False),
    EdgeView(NODES[1].id, NODES[2].id, "fine-tuned", DECLARED, False),
    EdgeView(NODES[1].id, NODES[3].id, "trained on", DECLARED, False),
    EdgeView(NODES[3].id, NODES[4].id, "generated by", SECONDARY, True),
)
DOES = DoesView((MEASURE_WORDS["warn"], MEASURE_WORDS["require_approval"]), True, "/rights/policy?about=x#approvals")
STALE = StaleView(
    causes.CAUSE_WORDS["organisation"].meaning,
    "",
    "2026-03-02 08:30 UTC",
    "/verdicts/0123",
    False,
    "/rights/changes?cause=7",
)

VERDICT = VerdictView(
    id="b1946ac92492d234",
    word=words.VERDICT_WORDS["allowed_with_duties"],
    headline="Allowed, with duties: evaluating SmolLM2-135M-Instruct-GGUF internally.",
    subject="commonweight/SmolLM2-135M-Instruct-GGUF",
    decided="2026-03-01 12:00 UTC",
    acts=(
        ActView("evaluate", "Run it inside the organisation.", words.VERDICT_WORDS["allowed"]),
        ActView("pass on", "Pass copies on.", words.VERDICT_WORDS["allowed_with_duties"]),
    ),
    clauses=(CLAUSE,),
    duties=(
        DutyView(
            "Give a copy of the licence along",
            "When you pass copies on.",
            "Apache License, Version 2.0",
            ("with each copy",),
            CLAUSE,
            (),
        ),
        DutyView(
            "Name it as the licence asks",
            "When you distribute it.",
            "Llama",
            ("name of the model",),
            NAMING,
            ("That part of the data was generated with Llama 3.1 is known from secondary sources only.",),
        ),
    ),
    conflicts=(
        ConflictView(
            "Declared apache-2.0; the chain also carries llama-3.1",
            "The name does not begin with “Llama”. It is a duty on distribution, so it does not stop an evaluation.",
            NAMING,
        ),
    ),
    doubts=(
        DoubtView(
            "Does a naming duty bind those who did not make the model?",
            (ReadingView("No: the maker only.", True), ReadingView("Yes: everybody who distributes.", False)),
            NAMING,
        ),
    ),
    questions=(AskView("How many people used your products last month?", "Settles llama-3.1 §2."),),
    assumptions=("The copy came with the text of Apache-2.0.",),
    changes=("The model is passed on to others.", "The record of llama-3.1 changes."),
    remedy="A licence from the licensor.",
    nodes=NODES,
    edges=EDGES,
    disclaimer="A reading of the texts, not legal advice.",
    digests=(("facts", "sha256:" + "0" * 64),),
)


_WHEN = datetime(2026, 3, 1, tzinfo=UTC)
_BASE = Repository(1, "model", "acme", 1, "base-7b", "public", "", 1, 0, _WHEN, _WHEN)
_MUCH = Evidence(
    3_000_000_000, 1_230_000_000, True, 2, 0, (), 61, 75, True, True, "earlier", "2026-02-01T10:00:00+00:00",
    "2026-03-01T12:00:00+00:00",
)  # fmt: skip
_LITTLE = Evidence(900_000_000, 0, False, 1, 0, (), 0, 40, True, True, "known_original", "2026-02-27", "2026-02-03")


def _suspect(number: int, state: str, strength: str, evidence: Evidence, reason: str = "") -> Suspect:
    decided = None if state == "open" else _WHEN
    return Suspect(
        number, 7, _BASE, "acme/base-7b", state, strength, "finetune", COMMIT, COMMIT, evidence, _WHEN, decided,
        "ada" if decided else "", reason,
    )  # fmt: skip


SUSPICIONS = Suspicions(
    (
        _suspect(1, "open", "strong", _MUCH),
        _suspect(2, "dismissed", "weak", _LITTLE, "Trained from nothing with the same recipe."),
        _suspect(3, "confirmed", "some", _MUCH),
    ),
    1,
)


def head(current: str = "Card") -> Head:
    tabs = (
        ("Card", "book", ""),
        ("Files", "folder", "/tree/main"),
        ("Commits", "clock", "/commits/main"),
        ("Community", "talk", "/discussions"),
        ("Rights", "scales", "/rights"),
        ("Openness", "box", "/openness"),
        ("Plans", "key", "/plans"),
        ("Chat", "chat", "/chat"),
    )
    return Head(
        "model",
        "commonweight",
        "SmolLM2-135M-Instruct-GGUF",
        REPO,
        False,
        False,
        "main",
        COMMIT,
        ("text-generation", "gguf", "apache-2.0"),
        VerdictBrief(VERDICT.word, VERDICT.headline, f"{REPO}/rights"),
        tuple(Tab(title, icon, REPO + path, title == current, 3 * (icon == "talk")) for title, icon, path in tabs),
    )


CARD_HTML = """<h1>SmolLM2-135M-Instruct, quantised</h1><p>A small chat model that runs on any laptop.</p>
<h2>Files</h2><table><thead><tr><th>file</th><th>bytes</th></tr></thead><tbody><tr><td><code>model.gguf</code></td><td>98,362,432</td></tr></tbody></table>
<pre><code>from openai import OpenAI</code></pre>"""
CRUMBS = (("SmolLM2-135M-Instruct-GGUF", f"{REPO}/tree/main"), ("parts", f"{REPO}/tree/main/parts"))


def _file(name: str, size: str, *, folder: bool = False, large: bool = False) -> FileRow:
    download = "" if folder else f"{REPO}/resolve/main/{name}"
    return FileRow(
        name,
        f"{REPO}/blob/main/{name}",
        folder,
        size,
        size and "98,362,432",
        large,
        download,
        "Publish the starter model",
        "2026-03-01",
    )


def pages() -> tuple[Page, ...]:
    """One of each."""
    return (
        engines_page(FRAME),
        *discussion_pages(FRAME, head("Community")),
        *gating_pages(FRAME, head("Access")),
        *collection_pages(FRAME),
        *webhook_pages(FRAME),
        *browse_pages(FRAME),
        *selling_pages(FRAME, head("Plans")),
        privacy_page(FRAME),
        MARKET,
        CardPage(
            FRAME,
            head(),
            CARD_HTML,
            "line 3: a colon is missing",
            (
                ("Licence", "apache-2.0"),
                ("Base model", "HuggingFaceTB/SmolLM2-135M-Instruct (quantised)"),
                ("Languages", "en"),
            ),
            (
                Snippet("Download", f"hf download {REPO[1:]}"),
                Snippet("OpenAI client", "from openai import OpenAI\n\nclient = OpenAI()"),
            ),
            HERE,
            True,
            "hf upload",
            plans=PLANS,
            names=(
                CallName("ft:SmolLM2-135M-Instruct:ada:tickets:9a1b22c4", "The adapter on its base"),
                CallName("ft:tiny:ada:tickets:9a1b22c4:ckpt-step-50", "As it was after %(step)s steps", (("step", "50"),)),
                CallName("ada/tickets:gguf/model-Q8_0.gguf"),
            ),
            behind=("acme/closed", ""),
            ask="/ada/tiny/access",
            likes=12,
            is_liked=True,
            collections=(("ada/small-models-0123", "Small models"),),
            tried=(
                TriedView(
                    "model.Q4_1.gguf",
                    "llama.cpp/2026.10",
                    "2026-11-29 12:00",
                    "4,096",
                    (
                        TriedRow("Streamed answers", "works", "good", ""),
                        TriedRow("Tool calls", "failed", "stop", "It has to call a tool and does not."),
                        TriedRow(
                            "JSON schema",
                            "not known",
                            "ask",
                            "It did not come to an end within %(most)s tokens.",
                            {"most": 64},
                        ),
                    ),
                ),
            ),
        ),
        FilesPage(
            FRAME,
            head("Files"),
            CRUMBS,
            (
                _file("parts", "", folder=True),
                _file("README.md", "2.41 kB"),
                _file("model.Q4_1.gguf", "98.4 MB", large=True),
            ),
            (("main", f"{REPO}/tree/main"), ("v1", f"{REPO}/tree/v1")),
            "98.4 MB",
            f"hf download {REPO[1:]}",
        ),
        BlobPage(
            FRAME,
            head("Files"),
            CRUMBS,
            "README.md",
            "2.41 kB",
            "2,410",
            (("sha256", "0" * 64),),
            "/x",
            ("# Title", "", "Text"),
            "",
        ),
        scans_page(FRAME, head("Files")),
        CommitsPage(
            FRAME,
            head("Commits"),
            (
                CommitRow(
                    COMMIT,
                    f"{REPO}/tree/{COMMIT}",
                    "Publish the starter model",
                    "With its card.",
                    "ada",
                    "2026-03-01 12:00 UTC",
                ),
            ),
            "?after=x",
        ),
        RightsPage(
            FRAME,
            head("Rights"),
            USE,
            f"{REPO}/rights/ask",
            VERDICT,
            "",
            HERE,
            f"{REPO}/rights/owed",
            (("SPDX", "/x"),),
            FILES_SAY,
            2,
            plans=PLANS[2:],
        ),
        PackPage(
            FRAME,
            head("Rights"),
            f"{REPO}/rights/owed",
            (("publish_derivative", "publish a derivative", True), ("redistribute", "pass on", False)),
            "reader",
            "",
            "",
            NAME_WORDS["fails"],
            "Llama-reader",
            (
                PackFileView("NOTICE", "Notices.", STATE_WORDS["new"], "", "Llama 3.1 is …", "add", True),
                PackFileView("LICENSES/llama-3.1.txt", "The text.", STATE_WORDS["same"], "LICENSE", "", "", False),
                PackFileView("ATTRIBUTION.md", "Credit.", STATE_WORDS["differs"], "", "# Attribution", "replace", False),
            ),
            (PackDutyView("Keep the notice.", "Llama 3.1 Community License, 1.b.iii", DUTY_WORDS["done"], ""),),
            True,
            COMMIT,
            "/cw/v1/models/x/y/pack?format=zip",
            "commonweight rights pack x/y",
        ),
        LineagePage(
            FRAME,
            head("Lineage"),
            "commonweight/x",
            REPO,
            GraphView(VERDICT.nodes, VERDICT.edges),
            GraphView(VERDICT.nodes, VERDICT.edges),
            2,
            True,
            (HeaderView("tiny.gguf", "licence", "llama3"), HeaderView("config.json", "note", "It is no JSON.")),
            suspects_view(SUSPICIONS, f"{REPO}/lineage/suspects", "Somebody else has decided meanwhile."),
        ),
        LineagePage(FRAME, None, "xai/grok-1", "/models/xai/grok-1", GraphView((), ()), GraphView((), ()), 0, False),
        OpennessPage(
            FRAME,
            head("Openness"),
            HERE,
            detail(),
            "0d5b7a4c",
            ("LICENSE was edited.",),
            "2026-03-01 12:00 UTC",
            ("Datasets: was released (B), is claimed (C).",),
        ),
        ChatPage(FRAME, head("Chat"), REPO[1:], "", False, "curl …"),
        NamespacePage(FRAME, "ada", "Ada", words.other_word("user"), (("model", "ada/tiny", "/ada/tiny", True),), PLANS),
        *organisation_pages(FRAME),
        KnownPage(
            FRAME,
            "meta-llama/llama-2",
            ("Llama 2 7B", "Llama 2 70B"),
            (("Publisher", "Meta"), ("Released", "2023-07-18"), ("Parameters", "7B, 13B, 70B")),
            "A remark.",
            (("Commercial use", "free below a threshold"), ("Must", "agreement copy, Notice file")),
            (AlternativeView("Llama 2 (bought)", "/models/a/b", "acme-1.0", words.VERDICT_WORDS["allowed"]),),
            ("meta-llama/llama LICENSE", "https://example.org/card"),
            words.EVIDENCE_WORDS["text"],
            ROWS[1].openness,
            known_detail(),
            USE,
            "/models/a/b/ask",
            replace(VERDICT, word=words.VERDICT_WORDS["prohibited"], conflicts=(), questions=()),
            "",
            True,
            "hf upload meta-llama/llama-2 .",
        ),
        VerdictPage(FRAME, "commonweight/SmolLM2-135M-Instruct-GGUF", REPO, USE, replace(VERDICT, stale=STALE, does=DOES)),
        LoginPage(replace(FRAME, caller="", csrf=""), "/", "This token is not known."),
        SettingsPage(
            replace(FRAME, path="/settings"),
            "ada",
            "Ada Lovelace",
            (("analytical", "write"),),
            2,
            USE,
        ),
        *token_pages(FRAME),
        *settings_pages(FRAME, head("Settings")),
        *ours_pages(FRAME),
        *decision_pages(FRAME),
        compare_page(FRAME),
        ask_page(FRAME, head("Rights"), USE, VERDICT),
        licences_page(replace(FRAME, path="/docs/licences")),
        licence_page(replace(FRAME, path="/docs/licences/llama-3")),
        policy_page(FRAME),
        readers_policy_page(FRAME),
        changes_page(FRAME),
        quiet_changes_page(FRAME),
        *tuning_pages(FRAME),
        NewPage(
            replace(FRAME, path="/new"), ("ada", "analytical"), "ada", "tiny", "model", "private", "There is one already."
        ),
        ErrorPage(
            FRAME, 404, "There is nothing here", "There is nothing at '/nothing'.", "Check the address.", "4b1f", True
        ),
    )
