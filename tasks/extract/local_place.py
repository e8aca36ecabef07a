"""Exports in a folder of this machine; nothing leads out of it unless the settings allow that."""

import glob
import os
import stat
from pathlib import Path

from data_contracts.errors import SourceError, SourceUnavailable
from tasks.extract.places import Entry, changed, too_large

_MAGIC = "*?["


class LocalPlace:
    """A folder.

    Args:
        folder: What a relative path starts from.
        path: The path of the settings.
        allow_outside: Whether `..` and symbolic links may lead elsewhere.
    """

    def __init__(self, folder: Path, path: str, allow_outside: bool) -> None:
        self._folder = folder
        self._allow_outside = allow_outside
        self._fixed = _fixed_part(folder, path)
        if not allow_outside and not Path(path).is_absolute():
            _refuse_climbing(folder, path)

    def find(self, pattern: str) -> list[Entry]:
        """The files that match a pattern."""
        names = glob.glob(str(self._folder / pattern), recursive=True)
        return [entry for name in names if (entry := self._entry(Path(name))) is not None]

    def single(self, path: str) -> Entry | None:
        """The file of exactly this path."""
        return self._entry(self._folder / path)

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""
        return (self._folder / path).is_dir()

    def folder_of(self, path: str) -> tuple[str, list[str] | None]:
        """The folder in which a path or pattern looks, and what is there; None if it is missing."""
        parent = (self._folder / path).parent
        if any(sign in str(parent) for sign in _MAGIC):
            return str(parent), []
        try:
            return str(parent), sorted(each.name for each in parent.iterdir() if each.is_file())
        except (FileNotFoundError, NotADirectoryError):
            return str(parent), None
        except OSError as error:  # a pattern finds nothing then, and says nothing
            raise unreadable(parent, error) from None

    def beside(self, entry: Entry, name: str) -> Entry | None:
        """A file in the folder of another."""
        return self._entry(Path(entry.key).parent / name)

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file, at rest; not more than a limit."""
        path = Path(entry.key)
        if not self._allow_outside:
            self._refuse_leaving(path)
        return read_local(path, limit)

    def close(self) -> None:
        """Nothing is open."""

    def _entry(self, path: Path) -> Entry | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):  # or taken away in between
            return None
        except OSError as error:
            raise unreadable(path.parent, error) from None
        if not stat.S_ISREG(found.st_mode):
            return None
        return Entry(path.name, str(path), str(path), found.st_mtime_ns)

    def _refuse_leaving(self, path: Path) -> None:
        """A link that somebody put into the folder could lead to any file of this machine."""
        real = path.resolve()
        if not any(real.is_relative_to(each.resolve()) for each in (self._fixed, self._folder)):
            raise SourceError(
                f"{path} is a link that leads out of {self._fixed}",
                hint="name the file itself, or set `allow_outside: true` at the source",
            )


def read_local(path: Path, limit: int) -> bytes:
    """Read a file of this machine, whole and at rest.

    Raises:
        SourceUnavailable: The file system failed, or the file changed while it was read.
        SourceError: It may not be read, or is larger than the limit.
    """
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            if before.st_size > limit:
                raise too_large(str(path), limit)
            data = file.read(limit + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise unreadable(path, error) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise changed(str(path))
    return data


def unreadable(path: Path, error: OSError) -> SourceError:
    """Say that a path cannot be read: for good, or because its share is away for a moment."""
    message = f"{path} cannot be read: {error.strerror or error}"
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        hint = "check the file and the rights of the account that runs this"
        return SourceError(message, hint=hint)
    return SourceUnavailable(message)


def _fixed_part(folder: Path, path: str) -> Path:
    """The folder that a pattern names before its first sign."""
    fixed = folder
    for part in Path(path).parts[:-1]:
        if any(sign in part for sign in _MAGIC):
            break
        fixed /= part
    return fixed


def _refuse_climbing(folder: Path, path: str) -> None:
    whole = Path(os.path.normpath(folder / path))
    if ".." in Path(path).parts and not whole.is_relative_to(os.path.normpath(folder)):
        raise SourceError(
            f"the path {path} leads out of {folder} by `..`",
            hint="give the whole path, or set `allow_outside: true` at the source",
        )
