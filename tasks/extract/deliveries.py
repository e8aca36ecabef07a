"""Which deliveries of a dated source there are, file by file, without reading what is in them."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from data_contracts.canonical import digest_of_bytes
from data_contracts.configuration import SourceSettings
from data_contracts.dated_path import DatedPath
from data_contracts.delivery import Delivery
from tasks.extract.complete import Completeness
from tasks.extract.exports import seen_from
from tasks.extract.pick import open_place, without_companions
from tasks.extract.places import MEGABYTE, Entry, Place


def list_deliveries(
    source: str,
    settings: SourceSettings,
    *,
    folder: Path,
    now: datetime,
    digests_of: tuple[date, date],
) -> tuple[tuple[Delivery, ...], tuple[str, ...]]:
    """List every delivery of a source whose path has a `{date}`.

    Args:
        source: The source's name.
        settings: Which files, and where.
        folder: What a relative path starts from.
        now: The present moment, aware.
        digests_of: First and last day of the deliveries whose bytes are digested; that reads them.

    Returns:
        The deliveries by day, and in words the files that were left alone, since they are not
        complete.

    Raises:
        SourceError: The place or a file of it cannot be read.
    """
    dated = DatedPath.parse(settings.path)
    with closing(open_place(settings, folder)) as place:
        complete = Completeness(settings, place, now)
        found = without_companions(place.find(dated.pattern), settings)
        by_day: dict[date, list[Entry]] = defaultdict(list)
        left_alone = []
        for entry in found:
            day = dated.date_of(entry.key.replace("\\", "/"))
            if day is None:
                continue
            reason = _unfinished(entry, complete) or complete.missing(entry)
            if reason:
                left_alone.append(f"source {source}: {reason}")
            else:
                by_day[day].append(entry)
        first, last = digests_of
        deliveries = tuple(
            _with_digest(delivery, entries, place, settings) if first <= day <= last else delivery
            for day, entries in sorted(by_day.items())
            for delivery in (_delivery(source, day, entries, folder),)
        )
    return deliveries, tuple(sorted(left_alone))


def _unfinished(entry: Entry, complete: Completeness) -> str:
    if complete.looks_unfinished(entry):
        return f"{entry.name} is named like a file that is still being written; it was left alone"
    return ""


def _delivery(source: str, day: date, entries: Sequence[Entry], folder: Path) -> Delivery:
    """The last file by name is read, as `tasks.extract.pick` has it."""
    names = [seen_from(folder, entry.shown) for entry in sorted(entries, key=lambda e: e.name)]
    return Delivery(source, day, names[-1], tuple(names[:-1]))


def _with_digest(
    delivery: Delivery, entries: Sequence[Entry], place: Place, settings: SourceSettings
) -> Delivery:
    entry = max(entries, key=lambda each: each.name)
    data = place.read(entry, settings.max_mb * MEGABYTE)
    return replace(delivery, digest=digest_of_bytes(data))
