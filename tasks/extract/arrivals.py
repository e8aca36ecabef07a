"""Which delivery of an export is there now, by the digest of its bytes; nothing is read of it."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.configuration import SourceSettings
from tasks.extract.exports import read_delivery
from tasks.extract.pick import pick_file


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that a source would be read from.

    Attributes:
        path: Path or URL.
        digest: Of its bytes, as runs record it.
    """

    path: str
    digest: str


def delivery_of(
    source: str, settings: SourceSettings, *, folder: Path, now: datetime, as_of: AsOf
) -> Delivery:
    """Name the delivery that a run would read now.

    Args:
        source: The source's name, for messages.
        settings: Which file, and where.
        folder: What a relative path starts from.
        now: The present moment, aware.
        as_of: The day, for paths with a `{date}`.

    Raises:
        SourceError: There is none that is complete.
    """
    picked = pick_file(source, settings, folder=folder, now=now, as_of=as_of)
    with closing(picked):
        _, digest = read_delivery(picked, settings)
    return Delivery(picked.path, digest)
