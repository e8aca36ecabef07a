"""Why one person's account is as it is, step by step."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.explanation import CurrentLink, ExplainedRow, Explanation, RowResult
from data_contracts.scim.paths import short_name
from tasks.report.privacy import shown_value
from tasks.report.terminal_history import history_lines
from tasks.report.terminal_layout import Columns, Line, heading, safe, spaced, titled
from tasks.report.terminal_plan import findings_list, operation_lines
from tasks.report.wording import CONSEQUENCES, moment, person


def explain_view(explanation: Explanation, show_values: bool = False) -> RenderableType:
    """The way from the rows of the exports to the last verified write.

    Args:
        explanation: Everything that is known about the person.
        show_values: Whether values of personal attributes may be shown.
    """
    who = person(explanation.user_name, explanation.worker_key)
    where = f"{explanation.target} as of {explanation.as_of}"
    return Group(
        Line(safe(who, "bold") + safe(f": {where}")),
        *titled("Rows of the exports", list(_rows(explanation))),
        *titled("State and scope", [Columns(list(_state(explanation)))]),
        *titled("Mapping", list(_mapping(explanation, show_values))),
        *titled("Account", list(_link(explanation.link))),
        heading("A plan made now"),
        *_operation(explanation, show_values),
        *findings_list(explanation.findings),
        heading("History"),
        *_history(explanation),
    )


def _rows(explanation: Explanation) -> Iterator[RenderableType]:
    for row in explanation.rows:
        yield from _row(row)
    if not explanation.rows:
        yield Line(safe("in none of the exports", "yellow"), 2)


def _row(row: ExplainedRow) -> Iterator[RenderableType]:
    verdict = safe("quarantined", "bold yellow") if row.quarantined else safe("accepted", "green")
    yield Line(
        spaced(
            safe(f"{row.source}:{row.line}", "bold"),
            verdict,
            safe(row.path),
            safe(f"contract {row.contract}", "dim"),
        ),
        2,
        2,
    )
    broken = [result for result in row.results if not result.holds]
    held = len(row.results) - len(broken)
    if held:
        yield Line(safe(f"holds to {held} of {len(row.results)} rules", "dim"), 4)
    yield from [Columns([_broken(result) for result in broken], 4)] if broken else []


def _broken(result: RowResult) -> tuple[Text, ...]:
    words = f"{result.description or result.rule_id} ({CONSEQUENCES[result.severity]})"
    return safe("broken", "bold yellow"), safe(words)


def _state(explanation: Explanation) -> Iterator[tuple[Text, ...]]:
    yield safe("state"), safe(explanation.state or "unknown: in none of the exports")
    if explanation.presence is not None:
        reason = f" ({explanation.reason})" if explanation.reason else ""
        yield safe("at the target"), safe(f"{explanation.presence}{reason}")
    if explanation.in_scope is not None:
        words = "in scope" if explanation.in_scope else "out of scope"
        yield (
            safe("scope"),
            safe(f"{words}: {explanation.scope}" if explanation.scope else words),
        )
    role = explanation.role or "none given: the target's own default"
    rule = f", by {explanation.role_rule}" if explanation.role_rule else ""
    yield safe("role"), safe(f"{role}{rule}")


def _mapping(explanation: Explanation, show_values: bool) -> Iterator[RenderableType]:
    rows = []
    for each in explanation.mapping:
        value = (
            "left alone" if each.value is None else shown_value(each.path, each.value, show_values)
        )
        rows.append((safe(short_name(each.path)), safe(f"{value}, from {each.expression}")))
    if rows:
        yield Columns(rows)


def _link(link: CurrentLink | None) -> Iterator[RenderableType]:
    if link is None:
        yield Line(safe("none is linked"), 2)
        return
    since = f"since {moment(link.since)}" if link.since else ""
    by = f"matched by {link.correlated_by}" if link.correlated_by else ""
    yield Line(
        spaced(safe(link.account_id, "bold"), safe(link.user_name), safe(by), safe(since)), 2, 2
    )


def _operation(explanation: Explanation, show_values: bool) -> Iterator[RenderableType]:
    if explanation.operation is None:
        yield Line(safe("would do nothing for this person"), 2)
        return
    yield from operation_lines(explanation.operation, show_values)


def _history(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.history:
        yield Line(safe("nothing was done so far"), 2)
    yield from history_lines(explanation.history)
