"""What is being done, and how far it is, for whoever listens in this process (the command line)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

Teller = Callable[[str], None]
"""Told in words what is being done."""


def silent(text: str) -> None:
    """Tell nobody."""


class Listener(Protocol):
    """Somebody who wants to know what is being done."""

    def __call__(self, text: str) -> None:
        """Take in what is being done now, in words."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Take in that so many of so many are done."""
        ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def tell(text: str) -> None:
    """Say what is being done; nobody may be listening."""
    listener = _listener.get()
    if listener is not None:
        listener(text)


def tell_progress(done: int, total: int) -> None:
    """Say how far it is; nobody may be listening."""
    listener = _listener.get()
    if listener is not None:
        listener.progress(done, total)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Listen to what is being done while the context lasts."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


_ends: ContextVar[list[Any] | None] = ContextVar("ends", default=None)


def note_end(result: Any) -> None:
    """Say how a run ended, before Prefect is told: its server may be gone by now."""
    ends = _ends.get()
    if ends is not None:
        ends.append(result)


@contextmanager
def noting_ends() -> Iterator[list[Any]]:
    """Gather how runs of this process end while the context lasts, the last one last."""
    ends: list[Any] = []
    token = _ends.set(ends)
    try:
        yield ends
    finally:
        _ends.reset(token)
