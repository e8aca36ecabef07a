"""Teams for machines and for tables: plain values with stable keys."""

from collections.abc import Mapping
from typing import Any

from data_contracts.outcome import Outcome
from data_contracts.plan import Plan
from tasks.report.document_parts import exchange_part
from tasks.report.escaping import escape_cell
from tasks.report.team_wording import changes_text, team_text
from tasks.report.wording import result_text


def team_documents(plan: Plan) -> list[dict[str, Any]]:
    """What a plan does to teams, for machines."""
    return [
        {
            "id": operation.operation_id,
            "kind": str(operation.kind),
            "team_key": operation.team_key,
            "team_id": operation.team_id,
            "name": operation.name,
            "former_name": operation.former_name,
            "reason": operation.reason,
            "explanation": operation.explanation,
            "add": [member._asdict() for member in operation.add],
            "remove": [member._asdict() for member in operation.remove],
        }
        for operation in plan.team_operations
    ]


def team_results(plan: Plan, known: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """What became of teams, for machines; `result` is null while nothing was carried out."""
    results = []
    for operation in plan.team_operations:
        outcome = known.get(operation.operation_id)
        results.append(
            {
                "id": operation.operation_id,
                "team_key": operation.team_key,
                "name": operation.name,
                "kind": str(operation.kind),
                "team_id": (outcome.account_id if outcome else None) or operation.team_id,
                "result": str(outcome.result) if outcome else None,
                "detail": outcome.detail if outcome else "",
                "verified": outcome.verified if outcome else "",
                "exchanges": [exchange_part(e) for e in outcome.exchanges] if outcome else [],
            }
        )
    return results


def table_rows(plan: Plan, known: Mapping[str, Outcome], carried_out: bool) -> list[dict[str, str]]:
    """Teams as rows of the operations' table in the Prefect UI."""
    rows = []
    for operation in plan.team_operations:
        outcome = known.get(operation.operation_id)
        cells = {
            "who": team_text(operation),
            "what": str(operation.kind),
            "result": result_text(outcome) if carried_out else "planned",
            "changed": changes_text(operation),
            "why": f"{operation.reason}: {operation.explanation}",
            "account": (outcome.account_id if outcome else None) or operation.team_id or "",
        }
        rows.append({name: escape_cell(text) for name, text in cells.items()})
    return rows
