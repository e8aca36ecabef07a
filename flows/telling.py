"""What is being done, and how far it is, for whoever listens in this process (the command line)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


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
