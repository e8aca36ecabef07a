"""Reading a live source: asked anew, or for a given day from what was fetched then."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.canonical import digest_of_bytes
from data_contracts.configuration import SourceSettings
from data_contracts.configuration.live import (
    BambooSettings,
    GoogleSettings,
    GraphSettings,
    LiveSettings,
    OktaSettings,
    WorkdaySettings,
)
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from tasks.extract.exports import Delivered, batch_of
from tasks.extract.live import bamboohr, google, graph, okta, workday
from tasks.extract.live.asking import NAMES, access_to
from tasks.extract.live.deliveries import Deliveries, Delivery
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.session import LiveSession, Question
from tasks.extract.places import MEGABYTE
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.secret import SecretStore
from tasks.scim.transport import open_transport

TRY_S = 15.0
"""A person waits for it."""

SLOWEST_ZONE = timedelta(hours=12)
"""So much after its end in UTC a day still goes on somewhere (UTC-12)."""


async def read_live(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    *,
    folder: Path,
    now: datetime,
    as_of: AsOf | None,
    secrets: SecretStore,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> RawBatch:
    """Read a live source as its contract says.

    Today's people are asked for. For a day that was given (`--as-of`, or a plan that is applied),
    what was last fetched for that day counts, and of days that are over what was fetched by then:
    such a run can be repeated, and gives the same.

    Args:
        source: The source's name.
        settings: What is asked, and how.
        contract: What the answers hold.
        folder: Folder of scimflow.yaml.
        now: The present moment, aware.
        as_of: The day of the run.
        secrets: Reads secrets.
        transport: What carries the bytes; the real one when not given.
        clock: Time.

    Raises:
        SourceError: No whole delivery is to be had; nothing of it is kept then.
        ConfigurationError: A secret is missing.
    """
    live = settings.live
    if live is None:
        raise AssertionError("a live source has a system that is asked")
    _refuse_unfit(source, live, contract)
    deliveries = Deliveries(folder, source, live)
    limit = settings.max_mb * MEGABYTE
    if as_of is not None and as_of.moment is None:
        kept = _kept_for(source, deliveries, as_of, now)
        if kept is not None:
            data = deliveries.read(kept, limit)
            return _batch(source, settings, contract, kept, data, (), folder)
    key = f"sources.{source}.live"
    access = access_to(live, secrets, key, clock)
    carrier = transport or open_transport(live, folder, key=key)
    async with LiveSession(live, access, carrier, limit=limit, clock=clock) as session:
        fetched = await _fetch(live, session, contract, deliveries, limit)
    unkept = Delivery(deliveries.folder / f"(new).{fetched.ending}", now.date(), now, "")
    batch = _batch(
        source, settings, contract, unkept, fetched.data, fetched.warnings, folder
    )  # what cannot be read is not kept, and no change is taken as seen
    delivery = deliveries.keep(
        fetched.data, day=_day_of(now, as_of), now=now, ending=fetched.ending, state=fetched.state
    )
    return replace(batch, path=str(delivery.path.relative_to(folder)))


async def try_live(
    source: str, settings: SourceSettings, folder: Path, secrets: SecretStore
) -> str:
    """Sign in at a system and ask for one person, where it can be asked so little.

    Args:
        source: The source's name.
        settings: What is asked, and how.
        folder: Folder of scimflow.yaml.
        secrets: Reads secrets.

    Returns:
        What was found, in words.

    Raises:
        SourceError: The system does not let us in, or does not answer.
        ConfigurationError: A secret is missing.
    """
    live = settings.live
    if live is None:
        raise AssertionError("a live source has a system that is asked")
    live = live.model_copy(update={"request_budget_s": min(TRY_S, live.request_budget_s)})
    key, limit = f"sources.{source}.live", settings.max_mb * MEGABYTE
    access = access_to(live, secrets, key, SYSTEM_CLOCK)
    carrier = open_transport(live, folder, key=key)
    async with LiveSession(live, access, carrier, limit=limit) as session:
        found = await access.tokens.check()
        question = _one_person(live)
        if question is None:
            return f"{session.name}: token or key {found}; a report is only asked for by a run"
        await session.ask(question)
    return f"{session.name} answers"


def _one_person(live: LiveSettings) -> Question | None:
    """The smallest question that shows whether people can be read; None where there is none."""
    match live:
        case OktaSettings():
            return okta.first_page(live, 1, {}, "one user")
        case GraphSettings():
            return graph.one_person(live)
        case GoogleSettings():
            return google.page_of(live, ("id",), 1, "", "one user")
        case BambooSettings() | WorkdaySettings():
            return None


async def _fetch(
    live: LiveSettings,
    session: LiveSession,
    contract: ExportContract,
    deliveries: Deliveries,
    limit: int,
) -> Fetched:
    match live:
        case OktaSettings():
            return await okta.fetch(live, session, contract)
        case GraphSettings():
            return await graph.fetch(live, session, contract, deliveries, limit)
        case GoogleSettings():
            return await google.fetch(live, session, contract)
        case BambooSettings():
            return await bamboohr.fetch(live, session, contract)
        case WorkdaySettings():
            return await workday.fetch(live, session, contract)


def _day_of(now: datetime, as_of: AsOf | None) -> date:
    """The day that a delivery is for: the run's, but none that is still to come."""
    if as_of is None:
        return now.date()
    return as_of.day if as_of.moment is not None else min(as_of.day, now.date())


def _batch(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    delivery: Delivery,
    data: bytes,
    warnings: tuple[str, ...],
    folder: Path,
) -> RawBatch:
    digest = digest_of_bytes(data)
    delivered = Delivered(str(delivery.path), lambda: (data, digest), warnings, delivery.fetched_at)
    return batch_of(source, settings, contract, delivered, folder=folder)


def _kept_for(source: str, deliveries: Deliveries, as_of: AsOf, now: datetime) -> Delivery | None:
    """What counts for a day that was given; None when the system is to be asked for it.

    Raises:
        SourceError: The day is over, and nothing was fetched by then.
    """
    kept = deliveries.until(as_of.day)
    is_over = now >= as_of.latest + SLOWEST_ZONE
    if kept is None and is_over:
        raise SourceError(
            f"source {source!r}: nothing was fetched for {as_of.day} or before, and the system can "
            "only be asked how it is now",
            hint=_first_day(deliveries.all()),
        )
    if kept is not None and (is_over or kept.day == as_of.day):
        return kept
    return None


def _first_day(kept: list[Delivery]) -> str:
    if not kept:
        return "leave --as-of out: the system is asked, and what it gives is kept"
    return f"the first delivery that is kept is of {kept[0].day}; see `keep_days`"


def _refuse_unfit(source: str, live: LiveSettings, contract: ExportContract) -> None:
    """A contract of another export would fail in words that nobody understands, or mislead."""
    allowed = workday.FORMATS if isinstance(live, WorkdaySettings) else (FileFormat.JSON,)
    if contract.reader.format not in allowed:
        raise SourceError(
            f"source {source!r}: {NAMES[live.system]} delivers {' or '.join(allowed)}, and the "
            f"contract {contract.name} declares `format: {contract.reader.format}`",
            hint="take the published contract of this system's API, or one that extends it",
        )
    if contract.status is None:
        raise SourceError(
            f"source {source!r}: {NAMES[live.system]} gives people who have left too, and the "
            f"contract {contract.name} reads no status: they would count as employed",
            hint="take a contract with a status; of BambooHR that of the report, not of the "
            "directory",
        )
