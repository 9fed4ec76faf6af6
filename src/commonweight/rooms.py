"""
The rooms of one installation, each given what it needs: for the command, the worker and the web process alike.

Wires and pages are not here (`app.py` puts them on top), so that a process which serves nobody does not load them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.batches import BATCH, BatchWork
from commonweight.choosing import Aliases, Grades, KeptEvidence, KeptGrades, Market, NamedOffers, Offers, Sources
from commonweight.clock import Clock, SystemClock
from commonweight.db import Database
from commonweight.files import BatchLines, Blobs, Checks, Collector, Files, Purpose, ShapeOnly, Uploads
from commonweight.hub import Hub, KnownModels
from commonweight.identity import Identity, Keys
from commonweight.jobs import Handler, Jobs, Progress, Runner
from commonweight.plans import Accounting, Limits, Selling, TermsOfKeys, Usage, providers_of
from commonweight.plans import Keys as ApiKeys
from commonweight.policy import Bills, Packs, Policy
from commonweight.retention import RESPOND, Retention
from commonweight.rights import Records, load_records, read_record
from commonweight.serving import Replicas, installed_engines, parse_pairs
from commonweight.serving.remote import Remotes, WithRemotes
from commonweight.settings import Settings
from commonweight.storage import Storage
from commonweight.vetting import (
    READ_ALL_TEXTS,
    READ_TEXTS,
    SUSPECT,
    SUSPECT_ALL,
    ChildMatcher,
    KeptReadings,
    LicenceTexts,
    Suspects,
    TextReader,
    Weights,
    matcher_version,
)


@dataclass(frozen=True)
class Rooms:
    """The rooms of one installation, in one process."""

    settings: Settings
    clock: Clock
    keys: Keys
    database: Database
    identity: Identity
    storage: Storage
    hub: Hub
    known: KnownModels
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
    files: Files
    uploads: Uploads
    collector: Collector
    retention: Retention
    batch_work: BatchWork
    jobs: Jobs
    runner: Runner
    api_keys: ApiKeys
    usage: Usage
    accounting: Accounting

    async def close(self) -> None:
        await self.accounting.close()
        await self.texts.close()
        await self.storage.close()
        await self.database.close()


def records_of(home: Path) -> Records:
    """The packaged records with those of HOME/records/*.yaml (docs/adding-a-licence.md). Raises RecordError."""
    files = sorted((home / "records").glob("*.yaml"))
    return load_records().and_more(read_record(file.read_text(encoding="utf-8"), file.name) for file in files)


def build_rooms(settings: Settings, owner: str = "set-up") -> Rooms:
    """The rooms over the database and the bytes of `settings`. `owner` names this process where it takes jobs."""
    clock, keys = SystemClock(), Keys.load(settings.home, settings.secret_key)
    database = Database(settings.async_database_url)
    identity = Identity(database, clock, keys.derive("sessions"))
    storage = Storage.on_disk(database, clock, home=settings.home, cache_bytes=settings.cache_bytes)
    hub, known = Hub(database, storage, clock), KnownModels(database, clock)
    remotes = Remotes(database, clock, keys.derive("remote-keys"), settings.private_remotes)
    weights = Weights(database, hub, clock)
    records = records_of(settings.home)
    texts = LicenceTexts(hub, records, KeptReadings(database), matcher_version())
    policy = Policy(database, hub, known, records, clock, texts, weights)
    reader = TextReader(database, hub, texts, records, ChildMatcher(texts.matcher), clock)
    suspects = Suspects(database, hub, known, storage, weights, clock)
    grades = Grades(hub, known, policy, KeptEvidence(database, clock), KeptGrades(database, clock))
    blobs = Blobs(database, storage, clock)
    checks = Checks({Purpose.BATCH: BatchLines, Purpose.FINE_TUNE: ShapeOnly})
    files, collector = Files(database, blobs, checks, clock), Collector(database, blobs, clock)
    retention = Retention(database, clock)
    batch_work = BatchWork(database, files, blobs, identity, clock)
    jobs = Jobs(database, clock, owner)
    terms_of_keys, payers = TermsOfKeys(database), providers_of(settings.payment_secrets)
    selling = Selling(database, identity, policy, clock, default_limits(settings), payers)
    handlers = {
        "read_revision": in_turn(
            hub.on_read_revision,
            weights.on_read_revision,
            grades.on_read_revision,
            policy.upkeep.on_commit,
            reader.on_commit,
        ),
        READ_TEXTS: in_turn(reader.on_read_texts, policy.upkeep.on_commit),
        READ_ALL_TEXTS: reader.on_read_all,
        SUSPECT: suspects.on_suspect,
        SUSPECT_ALL: suspects.on_suspect_all,
        "repository_changed": policy.upkeep.on_repository_changed,
        **policy.upkeep.handlers(),
        **selling.handlers(),
        **collector.handlers(),
        **retention.expiry.handlers(),
        **batch_work.tender.handlers(),
    }
    return Rooms(
        settings=settings,
        clock=clock,
        keys=keys,
        database=database,
        identity=identity,
        storage=storage,
        hub=hub,
        known=known,
        policy=policy,
        packs=Packs(hub, policy, clock),
        bills=Bills(hub, policy),
        market=Market(hub, known, policy, grades),
        replicas=Replicas(database, clock),
        selling=selling,
        offers=NamedOffers(
            WithRemotes(
                Offers(
                    hub,
                    policy,
                    installed_engines() | ({"vllm"} if settings.join else frozenset()),
                    parse_pairs("DRAFTS", settings.drafts),
                    terms_of_keys.use_of,
                ),
                remotes,
            ),
            Aliases(database, clock),
        ),
        sources=Sources(hub, storage),
        remotes=remotes,
        texts=reader,
        suspects=suspects,
        files=files,
        uploads=Uploads(database, blobs, checks, files, clock),
        collector=collector,
        retention=retention,
        batch_work=batch_work,
        jobs=jobs,
        runner=Runner(jobs, handlers, leaves=[BATCH, RESPOND]),
        api_keys=ApiKeys(database, clock, terms_of_keys, policy.uses.get),
        usage=Usage(database),
        accounting=Accounting(database, clock, settings.home / "journal", terms_of_keys, selling.entitlements),
    )


def default_limits(settings: Settings) -> Limits:
    """Of whoever calls a model that no plan is about."""
    return Limits(
        settings.requests_per_minute or None, settings.tokens_per_minute or None, settings.concurrent_requests or None
    )


def in_turn(*handlers: Handler) -> Handler:
    """One handler of a job out of several, each in its turn; the first that fails ends it, and all begin again."""

    async def handle(payload: Mapping[str, Any], progress: Progress) -> None:
        for handler in handlers:
            await handler(payload, progress)

    return handle
