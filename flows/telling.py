"""What is being done, in words, for whoever listens in this process (the command line)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Teller = Callable[[str], None]

_listener: ContextVar[Teller | None] = ContextVar("listener", default=None)


def tell(text: str) -> None:
    """Say what is being done; nobody may be listening."""
    listener = _listener.get()
    if listener is not None:
        listener(text)


@contextmanager
def listening(listener: Teller) -> Iterator[None]:
    """Listen to what is being done while the context lasts."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
