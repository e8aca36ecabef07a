"""What the sandbox was asked, in order: the witness that tests and the demo call."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

from deployments.sandbox.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and what became of it."""

    number: int
    """Counts from 1, also past requests that are forgotten."""
    method: str
    path: str
    """Below the base path: "/Users/2819c223"."""
    query: str = field(repr=False)  # a filter holds an e-mail address
    """The query string as it came."""
    status: int
    """The status that was sent; 0 when the connection was cut instead."""
    user_id: str | None
    """The user read or written by id, or created."""
    applied: bool
    """Whether a write reached the store, also when it found nothing to change."""
    changed: bool
    """Whether the store is different because of it."""
    faults: tuple[str, ...]
    """The faults that struck it."""
    in_bulk: bool = False
    """Whether this was an operation of the bulk request before it; its status is 0 when it was not
    carried out."""


class Journal(Sequence[Seen]):
    """The last requests, oldest first; a list to read."""

    def __init__(self, size: int) -> None:
        self._seen: deque[Seen] = deque(maxlen=size)
        self._count = 0

    def note(
        self,
        method: str,
        path: str,
        query: str,
        status: int,
        *,
        user_id: str | None = None,
        applied: bool = False,
        changed: bool = False,
        faults: Sequence[str] = (),
        in_bulk: bool = False,
    ) -> None:
        """Append one request; the oldest is forgotten when the journal is full."""
        self._count += 1
        self._seen.append(
            Seen(
                self._count,
                method,
                path,
                query,
                status,
                user_id,
                applied,
                changed,
                tuple(faults),
                in_bulk,
            )
        )

    def note_operation(self, operation: Exchange) -> None:
        """Append an operation of a bulk request."""
        self.note(
            operation.method,
            operation.path,
            "",
            operation.status,
            user_id=operation.user_id,
            applied=operation.applied,
            changed=operation.changed,
            faults=operation.struck,
            in_bulk=True,
        )

    def clear(self) -> None:
        """Forget what was seen; the numbers go on."""
        self._seen.clear()

    def writes(self) -> list[Seen]:
        """The requests that reached the store as writes."""
        return [seen for seen in self._seen if seen.applied]

    def __len__(self) -> int:
        return len(self._seen)

    @overload
    def __getitem__(self, index: int) -> Seen: ...
    @overload
    def __getitem__(self, index: slice) -> list[Seen]: ...
    def __getitem__(self, index: int | slice) -> Seen | list[Seen]:
        return list(self._seen)[index] if isinstance(index, slice) else self._seen[index]
