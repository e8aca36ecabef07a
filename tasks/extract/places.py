"""Where exports are: a folder of this machine, or a remote place. What both can do."""

from dataclasses import dataclass
from typing import Protocol

from data_contracts.errors import SourceError, SourceUnavailable

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that could be the export.

    Attributes:
        name: Its name without folders.
        shown: Path or URL, for messages.
        key: What the place calls it.
        modified_ns: When it was last written, in nanoseconds since 1970; None if nobody knows.
    """

    name: str
    shown: str
    key: str
    modified_ns: int | None


class Place(Protocol):
    """A folder, or a remote place."""

    def find(self, pattern: str) -> list[Entry]:
        """The files that match a pattern."""

    def single(self, path: str) -> Entry | None:
        """The file of exactly this path."""

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""

    def folder_of(self, path: str) -> tuple[str, list[str] | None]:
        """The folder in which a path or pattern looks, and what is there; None if it is missing."""

    def beside(self, entry: Entry, name: str) -> Entry | None:
        """A file in the folder of another."""

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file, at rest; not more than a limit."""

    def close(self) -> None:
        """Let go of what was opened."""


def too_large(shown: str, limit: int) -> SourceError:
    """What is said of a file beyond the limit."""
    return SourceError(
        f"{shown} has more than {limit // MEGABYTE:,} MB",
        hint="if that is right, raise `max_mb` of the source in scimflow.yaml",
    )


def changed(shown: str) -> SourceUnavailable:
    """What is said of a file that grew under our eyes."""
    return SourceUnavailable(
        f"{shown} was written to while it was read",
        hint="run again when it is complete; `settle_s` of the source waits for that",
    )
