"""Rooms that are made together, each group given what it stands on. `rooms.py` makes one installation of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commonweight.batches import BatchWork
from commonweight.choosing import Grades, KeptEvidence, KeptGrades
from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.files import BatchLines, Blobs, Checks, Collector, Files, Purpose, Uploads
from commonweight.hub import Hub, KnownModels
from commonweight.identity import Freshness, Identity, Keys
from commonweight.plans import Accounting, Limits, Selling, TermsOfKeys, Usage, providers_of
from commonweight.plans import Keys as ApiKeys
from commonweight.policy import Policy
from commonweight.rights import Records, load_records, read_record
from commonweight.settings import Settings
from commonweight.storage import DiskObjects, Objects, S3Place, Storage
from commonweight.tuning.data import TuningLines
from commonweight.vetting import (
    ChildMatcher,
    KeptReadings,
    LicenceTexts,
    Suspects,
    TextReader,
    Weights,
    matcher_version,
)
from commonweight.vetting.scans import ChildScanner, Scans, UnsafeGuard
from commonweight.webhooks import Deliverer, Sealing, Sender, Teller, Webhooks


@dataclass(frozen=True)
class Ground:
    """What all other rooms stand on."""

    settings: Settings
    clock: Clock
    keys: Keys
    database: Database
    identity: Identity
    storage: Storage
    hub: Hub
    known: KnownModels

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Ground:
        keys = Keys.load(settings.home, settings.secret_key)
        database = Database(settings.async_database_url)
        storage = Storage.over(
            database,
            objects_of(settings),
            clock,
            home=settings.home,
            cache_bytes=settings.cache_bytes,
            limit_bytes=settings.storage_bytes,
        )
        return cls(
            settings=settings,
            clock=clock,
            keys=keys,
            database=database,
            identity=Identity(database, clock, keys.derive("sessions"), Freshness(settings.home / "identity-freshness")),
            storage=storage,
            hub=Hub(database, storage, clock),
            known=KnownModels(database, clock),
        )


@dataclass(frozen=True)
class Judging:
    """What says which terms a model comes under, and what follows."""

    weights: Weights
    texts: TextReader
    suspects: Suspects
    policy: Policy
    grades: Grades
    scans: Scans
    unsafe_guard: UnsafeGuard

    @classmethod
    def over(cls, ground: Ground) -> Judging:
        database, hub, known, clock = ground.database, ground.hub, ground.known, ground.clock
        weights, records = Weights(database, hub, clock), records_of(ground.settings.home)
        texts = LicenceTexts(hub, records, KeptReadings(database), matcher_version())
        policy = Policy(database, hub, known, records, clock, texts, weights)
        scans = Scans(database, hub, ground.storage, ChildScanner(), clock)
        return cls(
            weights=weights,
            texts=TextReader(database, hub, texts, records, ChildMatcher(texts.matcher), clock),
            suspects=Suspects(database, hub, known, ground.storage, weights, clock),
            policy=policy,
            grades=Grades(hub, known, policy, KeptEvidence(database, clock), KeptGrades(database, clock)),
            scans=scans,
            unsafe_guard=UnsafeGuard(scans, ground.settings.unsafe_files),
        )


@dataclass(frozen=True)
class Filing:
    """Files of accounts, and the work that is done on them."""

    files: Files
    uploads: Uploads
    collector: Collector
    batch_work: BatchWork
    blobs: Blobs

    @classmethod
    def over(cls, ground: Ground) -> Filing:
        database, clock = ground.database, ground.clock
        blobs = Blobs(database, ground.storage, clock)
        checks = Checks({Purpose.BATCH: BatchLines, Purpose.FINE_TUNE: TuningLines})
        files = Files(database, blobs, checks, clock)
        return cls(
            files=files,
            uploads=Uploads(database, blobs, checks, files, clock),
            collector=Collector(database, blobs, clock),
            batch_work=BatchWork(database, files, blobs, ground.identity, clock),
            blobs=blobs,
        )


@dataclass(frozen=True)
class Telling:
    """Who is told of what happens to repositories."""

    webhooks: Webhooks
    teller: Teller
    deliverer: Deliverer

    @classmethod
    def over(cls, ground: Ground) -> Telling:
        settings, database, clock = ground.settings, ground.database, ground.clock
        sealing, sender = Sealing(ground.keys.derive("webhook-secrets")), Sender(settings.private_webhooks)
        address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        return cls(
            webhooks=Webhooks(database, clock, sealing, sender),
            teller=Teller(database, ground.hub, ground.identity, clock, address),
            deliverer=Deliverer(database, clock, sealing, sender),
        )


@dataclass(frozen=True)
class Accounts:
    """Who may call what, and what it comes to."""

    terms_of_keys: TermsOfKeys
    selling: Selling
    api_keys: ApiKeys
    usage: Usage
    accounting: Accounting

    @classmethod
    def over(cls, ground: Ground, policy: Policy) -> Accounts:
        settings, database, clock = ground.settings, ground.database, ground.clock
        payers, limits = providers_of(settings.payment_secrets), default_limits(settings)
        terms, selling = TermsOfKeys(database), Selling(database, ground.identity, policy, clock, limits, payers)
        return cls(
            terms_of_keys=terms,
            selling=selling,
            api_keys=ApiKeys(database, clock, terms, policy.uses.get),
            usage=Usage(database),
            accounting=Accounting(database, clock, settings.home / "journal", terms, selling.entitlements),
        )


def objects_of(settings: Settings) -> Objects:
    """Where the settings say that stored bytes lie. Raises InvalidInput."""
    if not settings.storage:
        return DiskObjects(settings.home / "objects")
    from commonweight.storage.object_store import open_s3  # its library takes memory

    return open_s3(place_of(settings, settings.storage), direct=settings.storage_direct)


def place_of(settings: Settings, text: str) -> S3Place:
    """The place `s3://…` on the server that the settings name. Raises InvalidInput."""
    return S3Place.parse(
        text,
        endpoint=settings.storage_endpoint,
        client_endpoint=settings.storage_client_endpoint,
        region=settings.storage_region,
        key_id=settings.storage_key_id,
        secret_key=settings.storage_secret_key,
        session_token=settings.storage_session_token,
    )


def records_of(home: Path) -> Records:
    """The packaged records with those of HOME/records/*.yaml (docs/adding-a-licence.md). Raises RecordError."""
    files = sorted((home / "records").glob("*.yaml"))
    return load_records().and_more(read_record(file.read_text(encoding="utf-8"), file.name) for file in files)


def default_limits(settings: Settings) -> Limits:
    """Of whoever calls a model that no plan is about."""
    return Limits(
        settings.requests_per_minute or None, settings.tokens_per_minute or None, settings.concurrent_requests or None
    )
