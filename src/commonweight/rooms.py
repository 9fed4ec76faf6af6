"""
The rooms of one installation, each given what it needs: for the command, the worker and the web process alike.

Wires and pages are not here (`front.py` puts them on top), so that a process which serves nobody does not load them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from commonweight.batches import BATCH, BatchWork
from commonweight.choosing import Aliases, Market, NamedOffers, Offers, PeftAdapters, Sources
from commonweight.clock import Clock, SystemClock
from commonweight.collections import Collections
from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.files import Collector, Files, Uploads
from commonweight.foundations import Accounts, Filing, Ground, Judging, Telling
from commonweight.guarding import Guardrails
from commonweight.hub import Hub, KnownModels
from commonweight.identity import DeviceLogin, Identity, Keys, Organisations, OwnTokens, Signer
from commonweight.jobs import Handler, Jobs, Progress, Runner
from commonweight.keeping import Keeping
from commonweight.plans import Accounting, Selling, TermsOfKeys, Usage
from commonweight.plans import Keys as ApiKeys
from commonweight.policy import Bills, Packs, Policy
from commonweight.retention import RESPOND, Retention
from commonweight.serving import Replicas, installed_engines, parse_pairs
from commonweight.serving.remote import Remotes, WithRemotes
from commonweight.settings import Settings
from commonweight.storage import Storage
from commonweight.tuning import TUNE, Deriving, Starting, TunedNames, TuningWork
from commonweight.tuning.conversions import CONVERT, ConversionsRoom
from commonweight.tuning.converting import Converter
from commonweight.tuning.data import DatasetReader, TokenCounter
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.publishing import PURPOSE as SIGNED_RECIPES
from commonweight.tuning.publishing import KeptReports, Publisher, Requirement
from commonweight.tuning.reading import Reading
from commonweight.tuning.tokenizers import Tokenizers
from commonweight.tuning_places import tunings_machine
from commonweight.vetting import (
    READ_ALL_TEXTS,
    READ_TEXTS,
    SUSPECT,
    SUSPECT_ALL,
    Suspects,
    TextReader,
)
from commonweight.vetting.scans import Scans, UnsafeGuard
from commonweight.webhooks import DELIVER


@dataclass(frozen=True)
class Rooms:
    """The rooms of one installation, in one process."""

    settings: Settings
    clock: Clock
    keys: Keys
    database: Database
    identity: Identity
    organisations: Organisations
    own_tokens: OwnTokens
    devices: DeviceLogin
    storage: Storage
    hub: Hub
    known: KnownModels
    collections: Collections
    telling: Telling
    policy: Policy
    packs: Packs
    bills: Bills
    market: Market
    selling: Selling
    offers: NamedOffers
    replicas: Replicas
    sources: Sources
    remotes: Remotes
    texts: TextReader
    suspects: Suspects
    scans: Scans
    unsafe_guard: UnsafeGuard
    files: Files
    uploads: Uploads
    collector: Collector
    keeping: Keeping
    retention: Retention
    guardrails: Guardrails
    batch_work: BatchWork
    tuning: TuningWork
    publisher: Publisher
    conversions: ConversionsRoom
    jobs: Jobs
    runner: Runner
    api_keys: ApiKeys
    usage: Usage
    accounting: Accounting

    async def close(self) -> None:
        await self.accounting.close()
        await self.hub.listings.downloads.close()
        await self.texts.close()
        await self.scans.close()
        await self.storage.close()
        await self.database.close()


def build_rooms(settings: Settings, owner: str = "set-up", clock: Clock | None = None) -> Rooms:
    """
    The rooms over the database and the bytes of `settings`. `owner` names this process where it takes jobs; `clock` is the
    machine's where none is given.
    """
    ground = Ground.of(settings, clock or SystemClock())
    judging, filing = Judging.over(ground), Filing.over(ground)
    accounts, keeping = Accounts.over(ground, judging.policy), _keeping(ground, filing)
    remotes = Remotes(ground.database, ground.clock, ground.keys.derive("remote-keys"), settings.private_remotes)
    retention = Retention(ground.database, ground.clock)
    jobs = Jobs(ground.database, ground.clock, owner)
    packs = Packs(ground.hub, judging.policy, ground.clock)
    names = TunedNames(ground.database, ground.clock)
    offers = _offers(ground, judging.policy, accounts.terms_of_keys, remotes, names)
    starting = _starting(ground, judging.policy, filing.files, offers, names)
    tuning = TuningWork(ground.database, filing.files, names, starting, ground.clock)
    telling = Telling.over(ground)
    handlers = _reading(ground, judging) | dict(telling.teller.handlers())
    handlers |= _upkeep(ground, judging, filing, accounts, retention)
    conversions = ConversionsRoom(ground.database, ground.hub, ground.storage, ground.identity, judging.policy, ground.clock)
    handlers |= {**tuning.checks.handlers(), **tuning.tender.handlers(), **conversions.tender.handlers()}
    return Rooms(
        settings=settings,
        clock=ground.clock,
        keys=ground.keys,
        database=ground.database,
        identity=ground.identity,
        devices=DeviceLogin(ground.database, ground.identity, ground.clock),
        own_tokens=OwnTokens(ground.database, ground.identity, ground.clock),
        organisations=Organisations(ground.database, ground.identity, ground.clock, settings.people_make_organisations),
        storage=ground.storage,
        hub=ground.hub,
        known=ground.known,
        telling=telling,
        collections=Collections(ground.database, ground.hub, ground.identity, ground.clock),
        policy=judging.policy,
        packs=packs,
        publisher=_publisher(ground, packs),
        bills=Bills(ground.hub, judging.policy),
        market=Market(ground.hub, ground.known, judging.policy, judging.grades),
        selling=accounts.selling,
        offers=offers,
        replicas=Replicas(ground.database, ground.clock),
        sources=Sources(ground.hub, ground.storage, _peft_adapters(ground), judging.unsafe_guard),
        remotes=remotes,
        texts=judging.texts,
        suspects=judging.suspects,
        scans=judging.scans,
        unsafe_guard=judging.unsafe_guard,
        files=filing.files,
        uploads=filing.uploads,
        collector=filing.collector,
        keeping=keeping,
        retention=retention,
        guardrails=Guardrails(ground.database, ground.identity, ground.clock),
        batch_work=filing.batch_work,
        tuning=tuning,
        conversions=conversions,
        jobs=jobs,
        runner=Runner(
            jobs, handlers, leaves=[BATCH, CONVERT, DELIVER, RESPOND, TUNE, *keeping.handlers(), *judging.scans.handlers()]
        ),
        api_keys=accounts.api_keys,
        usage=accounts.usage,
        accounting=accounts.accounting,
    )


def _keeping(ground: Ground, filing: Filing) -> Keeping:
    """What looks after stored bytes."""
    rate = ground.settings.scrub_bytes_per_second
    moving = ground.hub.into_chunks.handlers()
    return Keeping(ground.database, ground.storage, filing.blobs, ground.clock, rate, moving)


def _peft_adapters(ground: Ground) -> PeftAdapters:
    """Adapters as their trainers save them, for engines that read GGUF."""
    home = ground.settings.home
    converter = Converter(log=home / "logs" / "converting.log")
    return PeftAdapters(ground.hub, ground.storage, converter, home / "cache" / "adapters")


def _offers(ground: Ground, policy: Policy, terms: TermsOfKeys, remotes: Remotes, names: TunedNames) -> NamedOffers:
    """What can be called: models of the hub, remote ones, and aliases of both."""
    settings = ground.settings
    engines = installed_engines() | ({"vllm"} if settings.join else frozenset())
    of_hub = Offers(ground.hub, policy, engines, parse_pairs("DRAFTS", settings.drafts), terms.use_of, names)
    return NamedOffers(WithRemotes(of_hub, remotes), Aliases(ground.database, ground.clock))


def _starting(ground: Ground, policy: Policy, files: Files, offers: NamedOffers, names: TunedNames) -> Starting:
    """What says whether a tuning may begin."""
    home, datasets = ground.settings.home, DatasetReader(ground.hub, policy)
    machine = tunings_machine(ground.settings)
    reading = Reading(files, datasets, Tokenizers(ground.hub), Lengths(TokenCounter().count), home, machine)
    return Starting(offers, ground.hub, names, Deriving(policy), home, reading, machine=machine)


def _publisher(ground: Ground, packs: Packs) -> Publisher:
    """Of what tunings make."""
    settings, reports = ground.settings, KeptReports(ground.database)
    must_be = Requirement.of(settings.tuned_must_be)
    signer = Signer(ground.keys, SIGNED_RECIPES)
    return Publisher(ground.hub, ground.storage, packs, reports, must_be, settings.public_url, signer)


def _reading(ground: Ground, judging: Judging) -> dict[str, Handler]:
    """Jobs that read what was committed."""
    texts, suspects, on_commit = judging.texts, judging.suspects, judging.policy.upkeep.on_commit
    return {
        "read_revision": unless_deleted(
            ground.hub,
            ground.hub.on_read_revision,
            judging.weights.on_read_revision,
            judging.grades.on_read_revision,
            on_commit,
            texts.on_commit,
            judging.scans.on_commit,
        ),
        READ_TEXTS: in_turn(texts.on_read_texts, on_commit),
        READ_ALL_TEXTS: texts.on_read_all,
        SUSPECT: suspects.on_suspect,
        SUSPECT_ALL: suspects.on_suspect_all,
    }


def _upkeep(
    ground: Ground, judging: Judging, filing: Filing, accounts: Accounts, retention: Retention
) -> dict[str, Handler]:
    """Jobs that follow from other changes, or from a day that has come."""
    upkeep = judging.policy.upkeep
    return {
        "repository_changed": upkeep.on_repository_changed,
        **ground.hub.listings.handlers(),
        **upkeep.handlers(),
        **accounts.selling.handlers(),
        **filing.collector.handlers(),
        **retention.expiry.handlers(),
        **filing.batch_work.tender.handlers(),
    }


def unless_deleted(hub: Hub, *handlers: Handler) -> Handler:
    """As `in_turn`, of jobs about one repository: what fails because that is gone in the meantime is over, and no defect."""
    all_of_them = in_turn(*handlers)

    async def handle(payload: Mapping[str, Any], progress: Progress) -> None:
        try:
            await all_of_them(payload, progress)
        except (NotFound, IntegrityError):
            if await hub.by_id(int(payload["repository_id"])) is not None:
                raise

    return handle


def in_turn(*handlers: Handler) -> Handler:
    """One handler of a job out of several, each in its turn; the first that fails ends it, and all begin again."""

    async def handle(payload: Mapping[str, Any], progress: Progress) -> None:
        for handler in handlers:
            await handler(payload, progress)

    return handle
