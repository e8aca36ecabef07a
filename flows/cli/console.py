"""Where commands write: results to stdout, progress and errors to stderr; plain when piped."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

PIPE_WIDTH = 160
"""Columns when stdout is no terminal: wide enough for a table's row on one line."""


def results() -> Console:
    """The console for what a command is asked for."""
    return _console(stderr=False)


def errors() -> Console:
    """The console for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_json(document: Any) -> None:
    """Write one JSON document, and nothing else, to stdout."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


@contextmanager
def telling(*, lines: bool, quiet: bool = False) -> Iterator[Any]:
    """Show what is being done: a spinner on a terminal, or line by line.

    Args:
        lines: Write a line for each thing done, also when not on a terminal.
        quiet: Show nothing.

    Yields:
        A function that is told in words what is being done.
    """
    console = errors()
    if quiet or (not lines and not console.is_terminal):
        yield lambda text: None
        return
    if lines:
        yield lambda text: console.print(Text(f"  {text}"))
        return
    with Status("", console=console) as status:
        yield lambda text: status.update(Text(text))
