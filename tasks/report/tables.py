"""Tables for the Prefect UI: rows of escaped Markdown cells, cut where the UI would stall."""

from collections.abc import Mapping, Sequence

from data_contracts.batch import ContractReport, QuarantinedRow
from data_contracts.finding import Finding
from data_contracts.outcome import HistoryEntry, Outcome
from data_contracts.plan import Adoption, GuardrailResult, Operation, Plan
from tasks.report.escaping import escape_cell
from tasks.report.privacy import changes
from tasks.report.selection import (
    PLAN_FILE,
    RUN_FILE,
    cut,
    each_kind_first,
    more,
    quarantine_file,
    quarantined,
    troubled_first,
)
from tasks.report.team_documents import table_rows
from tasks.report.wording import (
    adoption_reason,
    by_operation,
    person,
    result_text,
    rows_text,
)

TABLE_ROWS_MAX = 500
"""Prefect's page of a table of 10,000 rows hangs the browser; some hundreds are read anyway."""

Row = dict[str, str]


def operations_table(
    plan: Plan,
    outcomes: Sequence[Outcome] | None = None,
    *,
    show_values: bool = False,
    limit: int = TABLE_ROWS_MAX,
) -> list[Row]:
    """What is done, or was done, to whom and why.

    Args:
        plan: The plan.
        outcomes: What became of it; None while nothing was carried out.
        show_values: Whether values of personal attributes may be shown.
        limit: Most rows; a last one says how many more there are and where.

    Returns:
        Rows with who, what, result, changed, why and account; what went wrong comes first. The
        longest cell comes late: the UI pushes what stands behind it out of sight.
    """
    carried_out, known = outcomes is not None, by_operation(outcomes or ())
    operations = troubled_first(plan.operations, known)
    shown, left = cut(operations, limit)
    rows = [_operation(o, known, carried_out, show_values) for o in shown]
    adoptions, left_adoptions = cut(plan.adoptions, limit - len(shown))
    rows += [_adoption(adoption, carried_out) for adoption in adoptions]
    teams, left_teams = cut(table_rows(plan, known, carried_out), limit - len(rows))
    rows += teams
    file = RUN_FILE if carried_out else PLAN_FILE
    keys = ("who", "what", "result", "changed", "why", "account")
    return rows + _rest(left + left_adoptions + left_teams, file, keys)


def quarantine_table(reports: Sequence[ContractReport], limit: int = TABLE_ROWS_MAX) -> list[Row]:
    """The rows set aside, with reasons and without their values.

    Args:
        reports: What the contracts say of each source.
        limit: Most rows; a last one says how many more there are and where.

    Returns:
        Rows with where, worker, reason and rules.
    """
    rows = quarantined(reports)
    shown, left = cut(rows, limit)
    files = " and ".join(dict.fromkeys(quarantine_file(row.source) for row in rows[limit:]))
    keys = ("where", "worker", "reason", "rules")
    return [_quarantined(row) for row in shown] + _rest(left, files, keys)


def findings_table(plan: Plan, limit: int = TABLE_ROWS_MAX) -> list[Row]:
    """What a person should know or decide, the most urgent first.

    Args:
        plan: The plan.
        limit: Most rows, of each kind at least one where it allows it; a last one says how many
            more there are, of which kinds, and where.

    Returns:
        Rows with severity, about, what, do and code.
    """
    shown, kinds = each_kind_first(plan.findings, limit)
    rows = [_finding(finding) for finding in shown]
    left = len(plan.findings) - len(shown)
    rest = _rest(left, PLAN_FILE, ("severity", "about", "what", "do", "code"))
    return rows + [row | {"what": escape_cell(kinds)} for row in rest]


def history_table(entries: Sequence[HistoryEntry], limit: int = TABLE_ROWS_MAX) -> list[Row]:
    """What a run did, as the ledger remembers it: `operations_table` of a run of the past.

    Args:
        entries: The run's entries, in their order.
        limit: Most rows; a last one says how many more there are and where.

    Returns:
        Rows with the columns of `operations_table`.
    """
    shown, left = cut(entries, limit)
    keys = ("who", "what", "result", "changed", "why", "account")
    return [_entry(entry) for entry in shown] + _rest(left, RUN_FILE, keys)


def guardrails_table(plan: Plan) -> list[Row]:
    """What each guardrail says, with its numbers.

    Args:
        plan: The plan.

    Returns:
        Rows with guardrail, verdict, actual, limit, population and message.
    """
    return [_guardrail(result) for result in plan.guardrails]


def _operation(
    operation: Operation, known: Mapping[str, Outcome], carried_out: bool, show_values: bool
) -> Row:
    outcome = known.get(operation.operation_id)
    account = (outcome.account_id if outcome else None) or operation.account_id or ""
    rows = rows_text(operation)
    why = f"{operation.reason}: {operation.explanation}" + (f" ({rows})" if rows else "")
    return _escaped(
        who=person(operation.user_name, operation.worker_key),
        what=str(operation.kind),
        result=result_text(outcome) if carried_out else "planned",
        changed=", ".join(c.text("→") for c in changes(operation, show_values)),
        why=why,
        account=account,
    )


def _adoption(adoption: Adoption, carried_out: bool) -> Row:
    return _escaped(
        who=person(adoption.user_name, adoption.worker_key),
        what="adopt",
        result="done" if carried_out else "planned",
        changed="",
        why=adoption_reason(adoption),
        account=adoption.account_id,
    )


def _entry(entry: HistoryEntry) -> Row:
    rows = ", ".join(entry.rows)
    return _escaped(
        who=entry.worker_key,
        what=entry.kind,
        result=f"{entry.result}: {entry.detail}" if entry.detail else entry.result,
        changed=", ".join(entry.changed),
        why=f"{entry.reason}: {entry.explanation}" + (f" ({rows})" if rows else ""),
        account=entry.account_id or "",
    )


def _quarantined(row: QuarantinedRow) -> Row:
    return _escaped(
        where=f"{row.source}:{row.line}",
        worker=row.worker_key or "",
        reason="; ".join(row.reasons),
        rules=", ".join(row.rule_ids),
    )


def _finding(finding: Finding) -> Row:
    return _escaped(
        severity=str(finding.severity),
        about=finding.subject,
        what=finding.message,
        do=finding.hint,
        code=finding.code,
    )


def _guardrail(result: GuardrailResult) -> Row:
    return _escaped(
        guardrail=result.name,
        verdict=str(result.verdict),
        actual=str(result.actual),
        limit="none" if result.limit is None else str(result.limit),
        population=str(result.population),
        message=result.message,
    )


def _escaped(**cells: str) -> Row:
    return {name: escape_cell(text) for name, text in cells.items()}


def _rest(left: int, file: str, keys: Sequence[str]) -> list[Row]:
    if not left:
        return []
    return [dict.fromkeys(keys, "") | {keys[0]: escape_cell(more(left, file))}]
