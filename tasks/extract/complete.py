"""Whether a file is complete: its name, how long it has rested, its marker, its digest."""

import re
from datetime import datetime

from data_contracts.canonical import DIGEST_PREFIX
from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError
from tasks.extract.places import Entry, Place

_UNFINISHED_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", "~")
_UNFINISHED_STARTS = ("~", ".")
_SHA256 = re.compile(r"\A\s*\\?([0-9a-fA-F]{64})\b")
_LONGEST = 1 << 16  # bytes of a digest file


class Completeness:
    """What the settings ask of a file before it is read.

    Args:
        settings: `settle_s`, `done_marker`, `digest_file`.
        place: Where the files are.
        now: The present moment, aware.
    """

    def __init__(self, settings: SourceSettings, place: Place, now: datetime) -> None:
        self._settings = settings
        self._place = place
        self._now = now

    def looks_unfinished(self, entry: Entry) -> bool:
        """Whether programs name files so while they write them."""
        name = entry.name.lower()
        return name.endswith(_UNFINISHED_ENDINGS) or name.startswith(_UNFINISHED_STARTS)

    def missing(self, entry: Entry) -> str:
        """Why a file is left alone, in words; "" when it is complete."""
        settings = self._settings
        if settings.settle_s and not self._is_settled(entry):
            return (
                f"{entry.name} was written less than {settings.settle_s:g} s ago and may not be "
                "complete; it was left alone"
            )
        for form in (settings.done_marker, settings.digest_file):
            if form is not None:
                name = beside_name(form, entry.name)
                if self._place.beside(entry, name) is None:
                    return f"{entry.name} has no {name} beside it yet; it was left alone"
        return ""

    def _is_settled(self, entry: Entry) -> bool:
        if entry.modified_ns is None:
            return False
        return self._now.timestamp() - entry.modified_ns / 1e9 >= self._settings.settle_s


def beside_name(form: str, name: str) -> str:
    """The name of a marker or digest file.

    >>> beside_name("{stem}.ok", "hr-1.csv")
    'hr-1.ok'
    """
    stem = name.rpartition(".")[0] or name
    return form.replace("{name}", name).replace("{stem}", stem)


def check_digest(place: Place, entry: Entry, form: str | None, digest: str) -> None:
    """Hold a file's digest against the one that was delivered with it.

    Args:
        place: Where both are.
        entry: The export.
        form: `digest_file` of the settings.
        digest: Of the bytes that were read.

    Raises:
        SourceError: The digest file holds none, or another one.
    """
    if form is None:
        return
    name = beside_name(form, entry.name)
    beside = place.beside(entry, name)
    text = "" if beside is None else place.read(beside, _LONGEST).decode("utf-8", "replace")
    found = _SHA256.match(text.removeprefix("\ufeff"))
    if found is None:
        raise SourceError(
            f"{name} beside {entry.shown} holds no SHA-256",
            hint="it begins with 64 hexadecimal digits, as sha256sum writes them",
        )
    if digest.removeprefix(DIGEST_PREFIX) != found.group(1).lower():
        raise SourceError(
            f"{entry.shown} is not the file that was sent: its SHA-256 is not the one in {name}",
            hint="it was cut off or changed on its way; ask for it again",
        )
