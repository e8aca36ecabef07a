"""Which file is read: the one of a path, or the newest of a pattern that is complete."""

import glob
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError
from tasks.extract.file_bytes import unreadable

_UNFINISHED_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", "~")
_UNFINISHED_STARTS = ("~", ".")
_MAGIC = "*?["
_SHOWN = 5  # near names and left-out files that a message lists


@dataclass(frozen=True, slots=True)
class Picked:
    """The file to read.

    Attributes:
        path: The file.
        warnings: Files that were left alone although they match, in words.
    """

    path: Path
    warnings: tuple[str, ...] = ()


def pick_file(source: str, settings: SourceSettings, *, folder: Path, now: datetime) -> Picked:
    """Choose the file of a source.

    Files that are still being written are left alone: those named like it (`.part`, `.tmp`, a
    leading `~` or `.`), and those written less than `settle_s` ago.

    Args:
        source: The source's name, for messages.
        settings: `path`, `pick` and `settle_s`.
        folder: What a relative path starts from.
        now: The present moment, aware.

    Raises:
        SourceError: There is no such file, or none that is complete; says what was looked for.
        SourceUnavailable: The file system failed.
    """
    pattern = folder / settings.path
    try:
        return _pick(source, settings, pattern, folder, now)
    except OSError as error:
        raise unreadable(pattern.parent, error) from None


def _pick(
    source: str, settings: SourceSettings, pattern: Path, folder: Path, now: datetime
) -> Picked:
    is_pattern = any(sign in settings.path for sign in _MAGIC) and not pattern.exists()
    if not is_pattern:
        return _single(source, pattern, settings, now)
    found = [Path(name) for name in glob.glob(str(pattern), recursive=True)]
    found = [path for path in found if path.is_file()]
    finished = [path for path in found if not _looks_unfinished(path)]
    settled = [path for path in finished if _is_settled(path, settings, now)]
    if not settled:
        raise _none_found(source, settings, pattern, found, folder)
    newest = max(settled, key=_ORDER[settings.pick])
    newer = [path for path in finished if path not in settled]
    return Picked(newest, tuple(_left_alone(path, settings) for path in sorted(newer)))


def _single(source: str, path: Path, settings: SourceSettings, now: datetime) -> Picked:
    if path.is_dir():
        raise SourceError(
            f"source {source!r}: {path} is a folder",
            hint=f"give a file or a pattern: {settings.path.rstrip('/')}/*.csv",
        )
    if not path.exists():
        raise _none_found(source, settings, path, [], path.parent)
    if not _is_settled(path, settings, now):
        raise SourceError(
            f"source {source!r}: {_left_alone(path, settings)}",
            hint="wait until it is complete and run again; `settle_s` is how long it must rest",
        )
    return Picked(path)


def _none_found(
    source: str, settings: SourceSettings, pattern: Path, found: list[Path], folder: Path
) -> SourceError:
    """Say what was looked for, and what is there instead."""
    parent = pattern.parent
    message = f"source {source!r}: no file matches {settings.path} (looked in {parent})"
    if found:
        shown = ", ".join(path.name for path in sorted(found)[:_SHOWN])
        return SourceError(
            f"{message}; still being written, and left alone: {shown}",
            hint="wait until it is complete and run again",
        )
    if any(sign in str(parent) for sign in _MAGIC):
        near = []
    elif not parent.is_dir():
        return SourceError(
            f"{message}; there is no such folder",
            hint="`path` of the source is relative to scimflow.yaml",
        )
    else:
        near = _near_names(pattern)
    if near:
        message += f"; near names there: {', '.join(near)}"
    return SourceError(message, hint="check `path` of the source, and whether the export has run")


def _near_names(pattern: Path) -> list[str]:
    """Names in the folder that are nearly the one looked for.

    Raises:
        OSError: The folder cannot be listed: a pattern finds nothing then, and says nothing.
    """
    names = sorted(path.name for path in pattern.parent.iterdir() if path.is_file())
    plain = "".join(sign for sign in pattern.name if sign not in _MAGIC + "]")
    return get_close_matches(plain, names, n=_SHOWN, cutoff=0.4)


def _looks_unfinished(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith(_UNFINISHED_ENDINGS) or name.startswith(_UNFINISHED_STARTS)


def _is_settled(path: Path, settings: SourceSettings, now: datetime) -> bool:
    if not settings.settle_s:
        return True  # also where the clock of a file share is ahead of ours
    try:
        return now.timestamp() - path.stat().st_mtime >= settings.settle_s
    except OSError:
        return False  # taken away in between


def _left_alone(path: Path, settings: SourceSettings) -> str:
    return (
        f"{path.name} was written less than {settings.settle_s:g} s ago and may not be complete; "
        "it was left alone"
    )


_ORDER: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "newest-name": lambda path: (path.name, str(path)),
    "newest-time": lambda path: (path.stat().st_mtime_ns, path.name),
}
