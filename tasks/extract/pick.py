"""Which file is read: the one of a path, or the newest of a pattern that is complete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.configuration import SourceSettings
from data_contracts.dated_path import DatedPath
from data_contracts.errors import SourceError
from tasks.extract.complete import Completeness, beside_name
from tasks.extract.local_place import LocalPlace
from tasks.extract.places import Entry, Place

_MAGIC = "*?["
_SHOWN = 5  # near names and left-out files that a message lists


@dataclass(frozen=True, slots=True)
class Picked:
    """The file to read.

    Attributes:
        entry: The file.
        place: Where it is.
        warnings: Files that were left alone although they match, in words.
    """

    entry: Entry
    place: Place
    warnings: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Path or URL of the file."""
        return self.entry.shown

    def close(self) -> None:
        """Let go of the place."""
        self.place.close()


def pick_file(
    source: str,
    settings: SourceSettings,
    *,
    folder: Path,
    now: datetime,
    as_of: AsOf | None = None,
) -> Picked:
    """Choose the file of a source.

    Files that are still being written are left alone: those named like it (`.part`, `.tmp`, a
    leading `~` or `.`), those written less than `settle_s` ago, and those without the marker or
    the digest that the settings ask for.

    Args:
        source: The source's name, for messages.
        settings: `path`, `pick` and what makes a file complete.
        folder: What a relative path starts from.
        now: The present moment, aware.
        as_of: The day of the run, for paths with a `{date}`.

    Returns:
        The file, with its place open.

    Raises:
        SourceError: There is no such file, or none that is complete; says what was looked for.
    """
    place = open_place(settings, folder)
    try:
        return _pick(source, settings, place, now, as_of)
    except BaseException:
        place.close()
        raise


def _pick(
    source: str, settings: SourceSettings, place: Place, now: datetime, as_of: AsOf | None
) -> Picked:
    dated = DatedPath.parse(settings.path)
    complete = Completeness(settings, place, now)
    if not dated.regex:
        exact = place.single(settings.path)
        if exact is not None or not any(sign in settings.path for sign in _MAGIC):
            return _single(source, exact, settings, place, complete)
    found = place.find(dated.pattern)
    finished = [entry for entry in found if not complete.looks_unfinished(entry)]
    finished = without_companions(finished, settings)
    in_order, later = _in_order(finished, dated, settings, as_of)
    left_alone = list(later)
    for entry in in_order:
        reason = complete.missing(entry)
        if not reason:
            return Picked(entry, place, tuple(sorted(left_alone)))
        left_alone.append(reason)
    raise _none_found(source, settings, place, found, left_alone)


def open_place(settings: SourceSettings, folder: Path) -> Place:
    """The place of a source: a folder, or what a URL names."""
    if "://" in settings.path:
        from tasks.extract.remote_place import open_remote

        return open_remote(settings.path, settings.options_env)
    return LocalPlace(folder, DatedPath.parse(settings.path).pattern, settings.allow_outside)


def _in_order(
    entries: Sequence[Entry], dated: DatedPath, settings: SourceSettings, as_of: AsOf | None
) -> tuple[list[Entry], list[str]]:
    """The newest first; and in words what has a date that lies ahead."""
    if not dated.regex:
        return sorted(entries, key=_ORDER[settings.pick], reverse=True), []
    days = {entry.key: dated.date_of(entry.key.replace("\\", "/")) for entry in entries}
    known = [(day, entry) for entry in entries if (day := days[entry.key]) is not None]
    latest = _latest(as_of)
    ahead = [entry for day, entry in known if day > latest]
    known = [(day, entry) for day, entry in known if day <= latest]
    known.sort(key=lambda each: (each[0], each[1].name), reverse=True)
    told = [] if as_of is not None and as_of.moment is None else ahead
    words = [f"{entry.name} has a date that lies ahead; it was left alone" for entry in told]
    return [entry for _, entry in known], words


def _latest(as_of: AsOf | None) -> date:
    """The last date that a file may have: of a day that was asked for, that day.

    Otherwise the day after today: where the export is written it may be tomorrow already.
    """
    if as_of is None:
        return date.max
    return as_of.day if as_of.moment is None else as_of.day + timedelta(days=1)


def without_companions(entries: list[Entry], settings: SourceSettings) -> list[Entry]:
    """The exports among files: markers and digests may match the pattern too."""
    forms = [form for form in (settings.done_marker, settings.digest_file) if form]
    companions = {beside_name(form, entry.name) for form in forms for entry in entries}
    return [entry for entry in entries if entry.name not in companions]


def _single(
    source: str,
    entry: Entry | None,
    settings: SourceSettings,
    place: Place,
    complete: Completeness,
) -> Picked:
    if entry is None:
        if place.is_folder(settings.path):
            raise SourceError(
                f"source {source!r}: {settings.path} is a folder",
                hint=f"give a file or a pattern: {settings.path.rstrip('/')}/*.csv",
            )
        raise _none_found(source, settings, place, [], [])
    reason = complete.missing(entry)
    if reason:
        raise SourceError(
            f"source {source!r}: {reason}",
            hint="wait until it is complete and run again; `settle_s`, `done_marker` and "
            "`digest_file` of the source say what is waited for",
        )
    return Picked(entry, place)


def _none_found(
    source: str,
    settings: SourceSettings,
    place: Place,
    found: list[Entry],
    left_alone: Sequence[str],
) -> SourceError:
    """Say what was looked for, and what is there instead."""
    pattern = DatedPath.parse(settings.path).pattern
    parent, names = place.folder_of(pattern)
    message = f"source {source!r}: no file matches {settings.path} (looked in {parent})"
    if found and not left_alone:
        shown = ", ".join(sorted(entry.name for entry in found)[:_SHOWN])
        words = (
            "without a date of that form or up to that day"
            if "{date" in settings.path
            else ("still being written, and left alone")
        )
        return SourceError(
            f"{message}; {words}: {shown}", hint="wait until there is one, run again"
        )
    if left_alone:
        return SourceError(
            f"{message}; {'; '.join(list(left_alone)[:_SHOWN])}",
            hint="wait until it is complete and run again",
        )
    if names is None:
        return SourceError(
            f"{message}; there is no such folder",
            hint="`path` of the source is relative to scimflow.yaml",
        )
    name = pattern.rpartition("/")[2]
    plain = "".join(sign for sign in name if sign not in _MAGIC + "]")
    near = get_close_matches(plain, names, n=_SHOWN, cutoff=0.4)
    if near:
        message += f"; near names there: {', '.join(near)}"
    return SourceError(message, hint="check `path` of the source, and whether the export has run")


_ORDER: dict[str, Callable[[Entry], tuple[object, ...]]] = {
    "newest-name": lambda entry: (entry.name, entry.key),
    "newest-time": lambda entry: (entry.modified_ns or 0, entry.name),
}
