"""Deliveries of live sources, kept as files: what a run was made from, and what the next builds on.

    .scimflow/deliveries/SOURCE-QUESTION/2026-03-02_20260302T060000.123456Z_DIGEST.json
                                         state.json

A file is named by the day of the run, the moment of fetching and the digest of its content. It is
written beside, brought to the disk and put in place: it is there whole or not at all. Readable for
the owner alone: it holds people.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from data_contracts.canonical import DIGEST_PREFIX, digest_of_bytes
from data_contracts.configuration.live import LiveSettings
from data_contracts.errors import SourceError
from tasks.extract.local_place import read_local

FOLDER = Path(".scimflow", "deliveries")
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

NAMED = 16
"""Hexadecimal digits of a digest in a name: enough to see that a file was changed."""

ALL_OF_DAYS = 2
"""Days of which every delivery is kept; of earlier ones the last."""

LEFT_BEHIND_S = 3600
"""No delivery takes so long to write: such a half is of a run that was killed."""

_STATE = "state.json"
_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)_(?P<at>\d{8}T\d{6}\.\d{6}Z)_(?P<digest>[0-9a-f]{16})\.(json|xml)"
)
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that is kept.

    Attributes:
        path: Its file.
        day: The day of the run that fetched it, in the company's zone.
        fetched_at: When, aware.
        digest: Beginning of the digest of its content.
    """

    path: Path
    day: date
    fetched_at: datetime
    digest: str


class Deliveries:
    """The deliveries of one source, as long as it asks the same question.

    Args:
        folder: Folder of scimflow.yaml.
        source: The source's name.
        settings: What is asked.
    """

    def __init__(self, folder: Path, source: str, settings: LiveSettings) -> None:
        question = settings.digest.removeprefix(DIGEST_PREFIX)[:8]
        self.folder = folder / FOLDER / f"{_as_file_name(source)}-{question}"
        self._keep_days = settings.keep_days

    def all(self) -> list[Delivery]:
        """What is kept, the oldest first.

        Raises:
            SourceError: The folder cannot be read.
        """
        try:
            names = sorted(path.name for path in self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._failed("read", error) from None
        return sorted(
            (d for name in names if (d := self._named(name)) is not None),
            key=lambda each: (each.day, each.fetched_at),
        )

    def until(self, day: date) -> Delivery | None:
        """The last one that was fetched for a day or an earlier one."""
        return next((each for each in reversed(self.all()) if each.day <= day), None)

    def read(self, delivery: Delivery, limit: int) -> bytes:
        """The content of a delivery.

        Raises:
            SourceError: It is not what was fetched.
        """
        data = read_local(delivery.path, limit)
        if _short(data) != delivery.digest:
            raise SourceError(
                f"{delivery.path} was changed since it was fetched",
                hint="take it away, and run again without --as-of: the system is asked anew",
            )
        return data

    def keep(
        self,
        data: bytes,
        *,
        day: date,
        now: datetime,
        ending: str,
        state: Mapping[str, Any] | None = None,
    ) -> Delivery:
        """Keep a delivery that is whole, and take away what has been kept long enough.

        Args:
            data: Its content. The same as the last one's needs no second file.
            day: The day of the run.
            now: The moment of fetching, aware.
            ending: `json` or `xml`.
            state: What the next delivery builds on; kept after the file it speaks of.

        Raises:
            SourceError: It cannot be written.
        """
        kept = self.all()
        digest = _short(data)
        try:
            same = [each for each in kept if each.day == day][-1:]
            if same and same[0].digest == digest:
                delivery = same[0]
            else:
                at = now.astimezone(UTC)
                name = f"{day.isoformat()}_{at.strftime(_MOMENT)}_{digest}.{ending}"
                delivery = Delivery(self._write(name, data), day, at, digest)
                kept.append(delivery)
            if state is not None:
                document = {**state, "delivery": delivery.path.name}
                self._write(_STATE, json.dumps(document, indent=1).encode())
            for beside in self.folder.glob("*.part"):  # what a crash left
                if now.timestamp() - beside.stat().st_mtime > LEFT_BEHIND_S:
                    beside.unlink(missing_ok=True)
            for each in _too_old(kept, now.date() - timedelta(days=self._keep_days)):
                each.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("written", error) from None
        return delivery

    def state(self) -> tuple[dict[str, Any], Delivery] | None:
        """What the last delivery left for the next, and that delivery; None when there is none."""
        try:
            document = json.loads((self.folder / _STATE).read_bytes())
            delivery = self._named(str(document["delivery"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # whatever it was: everybody is read anew
        if delivery is None or not delivery.path.is_file():
            return None
        return document, delivery

    def _named(self, name: str) -> Delivery | None:
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        try:
            day = date.fromisoformat(found["day"])
            at = datetime.strptime(found["at"], _MOMENT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return Delivery(self.folder / name, day, at, found["digest"])

    def _write(self, name: str, data: bytes) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        path = self.folder / name
        beside = path.with_name(f"{name}.{os.getpid()}.part")
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return path

    def _failed(self, what: str, error: OSError) -> SourceError:
        return SourceError(
            f"{self.folder}: deliveries cannot be {what}: {error.strerror or error}",
            hint="check the rights of this folder and the disk",
        )


def _too_old(kept: list[Delivery], oldest: date) -> Iterator[Delivery]:
    """What is no longer needed: of the last days nothing, of earlier ones all but the last."""
    days = sorted({each.day for each in kept})
    recent = set(days[-ALL_OF_DAYS:])
    last_of_day = {each.day: each for each in kept}
    for each in kept:
        if each.day in recent:
            continue
        if each.day < oldest or each is not last_of_day[each.day]:
            yield each


def _short(data: bytes) -> str:
    return digest_of_bytes(data).removeprefix(DIGEST_PREFIX)[:NAMED]


def _as_file_name(source: str) -> str:
    """A source's name as part of a path, whatever signs it has."""
    return "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "_-") else f"%{ord(sign):x}"
        for sign in source
    )
