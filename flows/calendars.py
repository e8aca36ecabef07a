"""Which days of a backfill have a delivery; what is missing or double is said before it starts."""

from collections.abc import Iterator
from datetime import date, datetime

from data_contracts.backfill import BackfillRequest
from data_contracts.dated_path import DatedPath
from data_contracts.delivery import Delivery, DeliveryCalendar
from data_contracts.errors import ConfigurationError
from data_contracts.words import Authority
from flows.project import Project
from tasks.extract.deliveries import list_deliveries
from tasks.ledger import LedgerReader
from tasks.report.wording import plural

NAMED = 10
"""Days and files that one sentence names; more are counted."""


def read_calendar(project: Project, first: date, last: date, now: datetime) -> DeliveryCalendar:
    """List the deliveries of every dated source.

    Args:
        project: Settings and folder.
        first: First day of the window.
        last: Last day of the window.
        now: The present moment, aware.

    Raises:
        ConfigurationError: The window is none, or the employment source has no `{date}`.
        SourceError: A place or a file cannot be read.
    """
    sources = project.settings.sources
    (employment,) = [n for n, s in sources.items() if s.authority is Authority.EMPLOYMENT]
    today = project.as_of(None).day
    _check_window(first, last, today)
    dated = [name for name, s in sources.items() if DatedPath.parse(s.path).regex]
    if employment not in dated:
        where = sources[employment].path or "a system that is asked"
        raise ConfigurationError(
            f"source {employment!r} reads {where}, which has no date in it: which delivery is of "
            "which day cannot be told",
            hint="write the day into `path` of the source: exports/hr_{date}.csv",
        )
    within: dict[str, dict[date, Delivery]] = {}
    later: list[date] = []
    left_alone: list[str] = []
    for name in dated:
        found, unfinished = list_deliveries(
            name, sources[name], folder=project.folder, now=now, digests_of=(first, last)
        )
        left_alone += unfinished
        within[name] = {d.day: d for d in found if first <= d.day <= last}
        # files of a day that lies ahead are nobody's word yet
        later += [d.day for d in found if name == employment and last < d.day <= today]
    return DeliveryCalendar(
        first=first,
        last=last,
        employment=employment,
        deliveries=within,
        later=tuple(later),
        undated=tuple(name for name in sources if name not in dated),
        left_alone=tuple(left_alone),
    )


def _check_window(first: date, last: date, today: date) -> None:
    if last < first:
        raise ConfigurationError(
            f"the window ends on {last}, before it begins on {first}",
            hint="give the first day with --from and the last one with --to",
        )
    if last > today:
        raise ConfigurationError(
            f"the window ends on {last}, and today is {today}: a backfill is of the past",
            hint="end the window today or before",
        )


def remarks(calendar: DeliveryCalendar) -> Iterator[str]:
    """What a person should know of the days before anything starts, in words."""
    if calendar.missing:
        yield f"no delivery of {calendar.employment} on {_days(calendar.missing)}"
    for source in calendar.deliveries:
        if source != calendar.employment and (days := calendar.missing_of(source)):
            yield f"no delivery of {source} on {_days(days)}: the last one before is read"
    for delivery in calendar.double:
        files = ", ".join((*delivery.others, delivery.path))
        yield f"{delivery.day} has several deliveries of {delivery.source}: {files}"
    for first, again in calendar.repeated:
        yield (
            f"{again.day} has the same delivery of {again.source} as {first.day}: "
            f"{again.path} is {first.path}, byte for byte"
        )
    for source in calendar.undated:
        yield (
            f"source {source} has no date in its path: every day is replayed with what it gives now"
        )
    yield from calendar.left_alone


def check_calendar(calendar: DeliveryCalendar, request: BackfillRequest) -> None:
    """Refuse to start where days are missing or double, and nobody said to go on.

    Raises:
        ConfigurationError: Names the days.
    """
    if not calendar.days:
        raise ConfigurationError(
            f"there is no delivery of {calendar.employment} from {calendar.first} to "
            f"{calendar.last}",
            hint="check `path` of the source, and the days",
        )
    if calendar.missing and not request.skip_missing:
        raise ConfigurationError(
            f"{plural(len(calendar.missing), 'day')} without a delivery of {calendar.employment}: "
            f"{_days(calendar.missing)}; nothing was started",
            hint="bring the files, or leave these days out with --skip-missing",
        )
    if calendar.double and not request.take_last:
        days = sorted({delivery.day for delivery in calendar.double})
        raise ConfigurationError(
            f"{plural(len(days), 'day')} with several deliveries of one source: {_days(days)}; "
            "nothing was started",
            hint="take the wrong ones away, or replay the last of each day by name with "
            "--take-last",
        )


def check_acted_on(calendar: DeliveryCalendar, ledger: LedgerReader, project: Project) -> None:
    """Refuse to start where a newer delivery was acted on that is no longer there.

    Who is active in it could not be told, and an old export would have the last word.

    Raises:
        ConfigurationError: Names the delivery.
    """
    name = calendar.employment
    dated = DatedPath.parse(project.settings.sources[name].path)
    newest = max((*calendar.days, *calendar.later), default=date.min)
    acted_on = [
        (day, path)
        for path in ledger.paths_acted_on(project.settings.target.name, name)
        if (day := dated.date_of(path.replace("\\", "/"))) is not None
    ]
    day, path = max(acted_on, default=(date.min, ""))
    if day > newest:
        raise ConfigurationError(
            f"a run has acted on {path} of {day}, which is no longer there: without it nobody can "
            "tell whom an older export is wrong about",
            hint="put the newest exports back to where they were, and begin again",
        )


def _days(days: list[date] | tuple[date, ...]) -> str:
    """Days in words, weekends told by their names, since many have no exports then."""
    shown = ", ".join(f"{day} ({day:%a})" for day in days[:NAMED])
    more = len(days) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown
