"""Intervals of access for the terminal: each with what began and what ended it."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from data_contracts.access import AccessInterval, Cause
from tasks.report.terminal_layout import Line, heading, key, safe, spaced
from tasks.report.wording import moment


def access_view(found: Sequence[AccessInterval]) -> RenderableType:
    """Person by person, in the order given.

    Args:
        found: Intervals, those of a person together.
    """
    return Group(*_lines(found)) if found else Line(safe("Nobody had access."))


def _lines(found: Sequence[AccessInterval]) -> Iterator[RenderableType]:
    worker = None
    for each in found:
        if each.worker_key != worker:
            yield heading(f"{each.user_name} (worker {each.worker_key})")
            worker = each.worker_key
        until = moment(each.end) if each.end else "now"
        role = safe(f"role {each.role}", "bold") if each.role else safe("role not written", "dim")
        yield Line(
            spaced(key(f"{moment(each.begin)} to {until}"), role, key(f"account {each.account_id}"))
        )
        yield from _cause("began", each.begun)
        if each.ended is not None:
            yield from _cause("ended", each.ended)
        if each.due is not None:
            yield Line(safe(f"last day ended {moment(each.due)}", "dim"), 4, 6)


def _cause(word: str, cause: Cause) -> Iterator[RenderableType]:
    yield Line(safe(f"{word}: {cause.reason}: {cause.explanation}"), 4, 6)
    rows = ", ".join(
        f"{row} ({digest[:19]})" if digest else row
        for row, digest in zip(cause.rows, cause.digests, strict=True)
    )
    facts = {
        "row": rows,
        "rule": cause.rule,
        "run": cause.run_id,
        "plan": cause.plan_digest[:19],
        "approved by": "; ".join(cause.approved_by),
    }
    text = "; ".join(f"{name} {value}" for name, value in facts.items() if value)
    yield Line(safe(text, "dim"), 6, 8)
