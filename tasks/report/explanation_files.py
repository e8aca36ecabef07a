"""Why one person has what they have, as a table that an auditor can keep."""

from collections.abc import Iterator
from typing import Any

from data_contracts.explanation import ExplainedAttribute, Explanation
from tasks.report.privacy import shown_value
from tasks.report.row_files import rows_file

COLUMNS = ("part", "name", "value", "because", "at", "run_id", "rows")
"""Columns. `part` is person, problem, row, lifecycle, role, team, attribute, finding or done."""


def explanation_file(explanation: Explanation, ending: str, *, show_values: bool = False) -> bytes:
    """Write everything about one person as statements: what is so, and because of what.

    The order is that of the way: who it is, rows of the exports, state, role, teams, attributes,
    findings, then all that was done, the oldest first.

    Args:
        explanation: Everything that is known about the person.
        ending: `csv`, `json` or `parquet`.
        show_values: Whether values of personal attributes may be shown.
    """
    rows = [
        {name: statement.get(name) for name in COLUMNS}
        for statement in _statements(explanation, show_values)
    ]
    return rows_file(ending, COLUMNS, rows, name="statements", moments=frozenset({"at"}))


def _statements(explanation: Explanation, show_values: bool) -> Iterator[dict[str, Any]]:
    yield from _of_exports(explanation)
    for each in explanation.attributes:
        yield _so("attribute", each.path, _value(each, show_values), each.origin)
    for found in explanation.findings:
        yield _so("finding", found.code, found.message, found.hint)
    for entry in explanation.history:
        because = "; ".join(filter(None, (entry.explanation, entry.detail)))
        yield _so("done", entry.kind, entry.result, because) | {
            "at": entry.at,
            "run_id": entry.run_id,
            "rows": ", ".join(entry.rows),
        }


def _of_exports(explanation: Explanation) -> Iterator[dict[str, Any]]:
    """Who it is; rows, state, scope, role and teams, as the exports at hand have them."""
    yield _so("person", "worker", explanation.worker_key)
    if explanation.former_key:
        yield _so("person", "worker before", explanation.former_key)
    yield _so("person", "account", explanation.account_id)
    if explanation.problem:
        yield _so("problem", "exports", explanation.problem)
    for row in explanation.rows:
        because = "; ".join((f"contract {row.contract}", row.path, *row.reasons))
        stands = f"{row.source}:{row.line}"
        yield _so("row", stands, row.verdict, because) | {"rows": stands}
    if not explanation.state:
        return
    yield _so("lifecycle", "state", explanation.state)
    yield _so("lifecycle", "at the target", explanation.presence, explanation.reason)
    if explanation.in_scope is not None:
        yield _so("lifecycle", "in scope", "yes" if explanation.in_scope else "no")
    rule = ": ".join(filter(None, (explanation.role_rule, explanation.role_condition)))
    yield _so("role", "role", explanation.role, rule)
    for team in explanation.teams or ():
        yield _so("team", team.key, team.name)


def _value(each: ExplainedAttribute, show_values: bool) -> str | None:
    """The value as people read it; None when it is left alone."""
    if each.refers_to:
        return f"the account of worker {each.refers_to}"
    return None if each.value is None else shown_value(each.path, each.value, show_values)


def _so(part: str, name: str, value: str | None, because: str = "") -> dict[str, Any]:
    return {"part": part, "name": name, "value": value, "because": because}
