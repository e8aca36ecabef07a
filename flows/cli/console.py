"""Where commands write: results to stdout, progress and errors to stderr; plain when piped."""

import json
import sys
from typing import Any

from rich.console import Console

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
