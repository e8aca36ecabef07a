"""How views are laid out in a terminal or a pipe of any width.

No boxes, no trailing blanks, no cell that is cut: lines wrap between words and hang below their
start, and columns that find no room stack. Colour comes from rich, which leaves it out in a pipe.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from data_contracts.plan import Plan
from data_contracts.words import (
    FindingSeverity,
    OperationKind,
    RunState,
    TeamOperationKind,
    Verdict,
)
from tasks.report.escaping import visible
from tasks.report.next_steps import NextStep

_TIE = "\ufdd0"
"""Stands for a blank at which no line is broken; a noncharacter, which `visible` lets not in."""

_SELECTOR = re.compile(r"(?<=\w)\[\w+ eq [^\]]*\]")

GAP = 2
"""Blanks between two columns."""

SENTENCE_WIDTH_MIN = 30
"""Narrower than this a wrapped sentence is no longer read but spelt: columns stack instead."""

SIGNS = {
    OperationKind.CREATE: ("+", "green"),
    OperationKind.UPDATE: ("~", "yellow"),
    OperationKind.DEACTIVATE: ("-", "red"),
    OperationKind.REACTIVATE: ("^", "cyan"),
}
TEAM_SIGNS = {
    TeamOperationKind.CREATE: ("+", "green"),
    TeamOperationKind.RENAME: ("~", "yellow"),
    TeamOperationKind.MEMBERS: ("~", "yellow"),
}
VERDICT_STYLES = {Verdict.SAFE: "green", Verdict.HELD: "bold yellow", Verdict.REFUSED: "bold red"}
RUN_STYLES = {
    RunState.RUNNING: "bold",
    RunState.WAITING: "bold yellow",
    RunState.COMPLETED: "bold green",
    RunState.COMPLETED_WITH_QUARANTINE: "bold yellow",
    RunState.HELD: "bold yellow",
    RunState.REJECTED: "bold red",
    RunState.REFUSED: "bold red",
    RunState.REFUSED_BY_CONTRACT: "bold red",
    RunState.PARTLY_APPLIED: "bold red",
    RunState.FAILED: "bold red",
}
SEVERITY_STYLES = {
    FindingSeverity.INFO: "dim",
    FindingSeverity.WARNING: "yellow",
    FindingSeverity.CRITICAL: "bold red",
}


def safe(text: object, style: str = "") -> Text:
    """Text that is shown as it is: neither markup nor control characters have an effect.

    Args:
        text: Anything; written as `str` does.
        style: A rich style for all of it.
    """
    return Text(visible(str(text)), style)


def key(text: object, style: str = "") -> Text:
    """Text that names somebody or something, and is not broken at its blanks.

    Args:
        text: Anything; written as `str` does.
        style: A rich style for all of it.
    """
    return Text(visible(str(text)).replace(" ", _TIE), style)


def _wrapped(text: Text, console: Console, width: int) -> Iterator[Text]:
    """Lines of text, broken between words; only a word longer than a line is broken itself."""
    tied = text.copy()
    tied.plain = _SELECTOR.sub(lambda path: path[0].replace(" ", _TIE), tied.plain)
    for line in tied.wrap(console, width, overflow="fold"):
        line.rstrip()
        line.plain = line.plain.replace(_TIE, " ")
        yield line


def spaced(*parts: Text) -> Text:
    """Parts of one line, two blanks between them; empty ones are left out."""
    return Text("  ").join([part for part in parts if part])


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a paragraph that hangs at its indent when it is too long.

    Attributes:
        text: What it says.
        indent: Blanks in front of every line.
        hang: Further blanks in front of every line but the first.
    """

    text: Text
    indent: int = 0
    hang: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Wrap between words; only a word longer than a line is broken."""
        width = max(options.max_width - self.indent - self.hang, 1)
        front = self.indent
        for line in _wrapped(self.text, console, width):
            yield Text(" " * front) + line
            front = self.indent + self.hang


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows whose last cell is a sentence; the cells before it are keys and are never broken.

    Attributes:
        rows: Cells of each row, equally many.
        indent: Blanks in front of every line.
    """

    rows: Sequence[tuple[Text, ...]]
    indent: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Align where there is room for the sentences, stack where there is none."""
        if not self.rows:
            return
        keys = [row[:-1] for row in self.rows]
        widths = [max(map(_width, column)) for column in zip(*keys, strict=True)]
        start = self.indent + sum(width + GAP for width in widths if width)
        room = options.max_width - start
        fits = room >= max(_width(row[-1]) for row in self.rows) or room >= SENTENCE_WIDTH_MIN
        for row in self.rows:
            if fits:
                yield from self._aligned(row, widths, start, console, options.max_width)
            else:
                yield Line(spaced(*row[:-1]), self.indent, GAP)
                yield Line(row[-1], self.indent + 2 * GAP)

    def _aligned(
        self, row: tuple[Text, ...], widths: list[int], start: int, console: Console, width: int
    ) -> Iterable[Text]:
        front = Text(" " * self.indent)
        for cell, cell_width in zip(row, widths, strict=False):
            if cell_width:
                front += cell + Text(" " * (cell_width - _width(cell) + GAP))
        lines = list(_wrapped(row[-1], console, max(width - start, 1)))
        for line in lines or [Text()]:
            whole = front + line
            whole.plain = whole.plain.replace(_TIE, " ")
            whole.rstrip()
            yield whole
            front = Text(" " * start)


def _width(text: Text) -> int:
    return cell_len(text.plain)


def heading(text: object) -> Group:
    """A title with an empty line above."""
    return Group(Text(), Line(safe(text, "bold")))


def titled(title: object, body: Sequence[RenderableType]) -> list[RenderableType]:
    """A title with what stands below it; nothing when nothing does."""
    return [heading(title), *body] if body else []


def left_out(left: int, where: str, indent: int = 2) -> list[RenderableType]:
    """What is said in place of the lines left out."""
    return [Line(safe(f"... and {left:,} more: {where}", "dim"), indent)] if left else []


def next_step(step: NextStep) -> list[RenderableType]:
    """What to do next, with each command on a line of its own to copy."""
    if not step.text:
        return []
    lines = [Line(safe(command, "bold cyan"), 2, 4) for command in step.commands]
    return [Text(), Line(safe(step.text)), *lines]


def guardrails(plan: Plan) -> list[RenderableType]:
    """Every guardrail with its numbers, in words."""
    rows = [
        (safe(result.verdict, VERDICT_STYLES[result.verdict]), safe(result.message))
        for result in plan.guardrails
    ]
    return titled("Guardrails", [Columns(rows)] if rows else [])
