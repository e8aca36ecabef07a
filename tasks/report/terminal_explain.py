"""Why one person has what they have, step by step."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.explanation import ExplainedAttribute, ExplainedRow, Explanation
from data_contracts.scim.paths import short_name
from tasks.report.privacy import shown_value
from tasks.report.terminal_history import history_lines
from tasks.report.terminal_layout import Columns, Line, heading, key, safe, spaced, titled
from tasks.report.terminal_plan import findings_list


def explain_view(explanation: Explanation, show_values: bool = False) -> RenderableType:
    """The way from the rows of the exports to the last verified write.

    Args:
        explanation: Everything that is known about the person.
        show_values: Whether values of personal attributes may be shown.
    """
    return Group(
        Line(_title(explanation)),
        *_problem(explanation.problem),
        *titled("Rows of the exports", list(_rows(explanation))),
        *titled("State, scope and role", list(_state(explanation))),
        *titled("Attributes", _attributes(explanation, show_values)),
        *findings_list(explanation.findings),
        heading("History"),
        *_history(explanation),
    )


def _title(explanation: Explanation) -> Text:
    keys = safe("nobody whom the exports or the ledger know")
    if explanation.worker_key is not None:
        before = f" (worker {explanation.former_key} before)" if explanation.former_key else ""
        keys = key(f"worker {explanation.worker_key}{before}")
    account = "no account is linked"
    if explanation.account_id is not None:
        account = f"account {explanation.account_id}"
    return key(explanation.person, "bold") + safe(": ") + keys + safe(", ") + key(account)


def _problem(problem: str) -> Iterator[RenderableType]:
    """The exports say nothing when they cannot be read; the ledger still does."""
    first, *others = problem.splitlines() or [""]
    if first:
        yield Line(safe("the exports cannot be used: ", "bold red") + safe(first), 0, 2)
    for line in others:
        yield Line(safe(line), 2, 2)


def _rows(explanation: Explanation) -> Iterator[RenderableType]:
    for row in explanation.rows:
        yield from _row(row)
    if not explanation.rows and not explanation.problem:
        yield Line(safe("none is about this person", "yellow"), 2)


def _row(row: ExplainedRow) -> Iterator[RenderableType]:
    style = "green" if row.verdict == "accepted" else "bold yellow"
    yield Line(
        spaced(
            safe(f"{row.source}:{row.line}", "bold"),
            safe(row.verdict, style),
            safe(row.path),
            safe(f"contract {row.contract}", "dim"),
        ),
        2,
        2,
    )
    for reason in row.reasons:
        yield Line(safe(reason), 6, 2)


def _state(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.state:
        return
    reason = f" ({explanation.reason})" if explanation.reason else ""
    rows = [
        (safe("state"), safe(explanation.state)),
        (safe("at the target"), safe(f"should be {explanation.presence}{reason}")),
    ]
    if explanation.in_scope is not None:
        rows.append((safe("scope"), safe("in scope" if explanation.in_scope else "out of scope")))
    role = explanation.role or "none given: the target's own default"
    rule = f", by {explanation.role_rule}" if explanation.role_rule else ""
    rule += f": {explanation.role_condition}" if explanation.role_condition else ""
    rows.append((safe("role"), safe(f"{role}{rule}")))
    if explanation.teams is not None:
        named = [f"{t.name} ({t.key})" if t.name != t.key else t.name for t in explanation.teams]
        rows.append((safe("teams"), safe(", ".join(named) or "none")))
    yield Columns(rows)


def _attributes(explanation: Explanation, show_values: bool) -> list[RenderableType]:
    rows = [
        (key(short_name(each.path), "bold"), safe(_attribute(each, show_values)))
        for each in explanation.attributes
    ]
    return [Columns(rows)] if rows else []


def _attribute(each: ExplainedAttribute, show_values: bool) -> str:
    """What the value is, where it comes from, and whether it is kept in step."""
    if each.refers_to:
        value = f"the account of worker {each.refers_to}"
    elif each.value is None:
        value = "left alone"
    elif each.value == "":
        value = "cleared"
    else:
        value = shown_value(each.path, each.value, show_values)
    when = ", at creation alone" if each.when == "create" else ""
    return f"{value}, from {each.origin}{when}"


def _history(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.history:
        yield Line(safe("nothing was done so far"), 2)
    yield from history_lines(explanation.history)
