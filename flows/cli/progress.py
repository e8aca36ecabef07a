"""Progress of a command: a bar on a terminal, lines where wanted, silence elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from flows.cli.console import errors
from flows.telling import Listener


class _Silent:
    """Shows nothing: `--json`, or a read-only command in a pipe."""

    def __call__(self, text: str) -> None: ...

    def progress(self, done: int, total: int) -> None: ...


class _Lines:
    """A line for each thing done, in a pipe or a log."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, text: str) -> None:
        self._console.print(Text(f"  {text}"))

    def progress(self, done: int, total: int) -> None: ...


class _Bar:
    """A bar at the bottom of a terminal, with what is being done beside it.

    Args:
        bar: Where it is shown.
        lines: Keep a line for each thing done above the bar.
    """

    def __init__(self, bar: Progress, *, lines: bool) -> None:
        self._bar = bar
        self._lines = lines
        self._task = bar.add_task("", total=None)

    def __call__(self, text: str) -> None:
        if self._lines:
            self._bar.console.print(Text(f"  {text}"))
        self._bar.reset(self._task, total=None, description=text)

    def progress(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)


@contextmanager
def telling(*, lines: bool, quiet: bool = False) -> Iterator[Listener]:
    """Show what is being done and how far it is.

    Args:
        lines: Write a line for each thing done, also when not on a terminal.
        quiet: Show nothing.

    Yields:
        Who has to be told.
    """
    console = errors()
    if quiet or (not lines and not console.is_terminal):
        yield _Silent()
    elif not console.is_terminal:
        yield _Lines(console)
    else:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            yield _Bar(bar, lines=lines)
