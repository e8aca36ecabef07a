"""Pieces that several documents are made of: operations, findings, requests, the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from data_contracts.finding import Finding
from data_contracts.outcome import HistoryEntry, HttpExchange
from data_contracts.plan import Operation
from tasks.report.privacy import changes, may_show

Document = dict[str, Any]


def word(value: object | None) -> str | None:
    """A word of a closed vocabulary, or null."""
    return None if value is None else str(value)


def iso(at: datetime | None) -> str | None:
    """A moment in ISO form, or null."""
    return None if at is None else at.isoformat()


def shown(path: str, values: Mapping[str, object], show_values: bool) -> Document:
    """Values of an attribute, or nulls in their place."""
    hidden = not may_show(path, show_values)
    return {**{key: None if hidden else v for key, v in values.items()}, "hidden": hidden}


def operation_part(operation: Operation, show_values: bool) -> Document:
    """One operation of a plan."""
    return {
        "id": operation.operation_id,
        "kind": str(operation.kind),
        "worker_key": operation.worker_key,
        "account_id": operation.account_id,
        "user_name": operation.user_name,
        "reason": operation.reason,
        "explanation": operation.explanation,
        "attributes": [
            {
                "path": c.path,
                "before": c.before,
                "after": c.after,
                "hidden": c.hidden,
                "refers_to": c.refers_to or None,
            }
            for c in changes(operation, show_values)
        ],
        "correlated_by": word(operation.correlated_by),
        "rows": [{"source": row.source, "line": row.line} for row in operation.rows],
    }


def findings_part(findings: Sequence[Finding]) -> list[Document]:
    """Findings, in the order given."""
    return [finding.model_dump(mode="json") for finding in findings]


def exchange_part(exchange: HttpExchange) -> Document:
    """A request and its answer."""
    return {
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "elapsed_ms": exchange.elapsed_ms,
        "purpose": exchange.purpose,
        "at": iso(exchange.at),
    }


def entry_part(entry: HistoryEntry) -> Document:
    """One line of the audit trail."""
    return {
        "at": iso(entry.at),
        "run_id": entry.run_id,
        "worker_key": entry.worker_key,
        "account_id": entry.account_id,
        "kind": entry.kind,
        "reason": entry.reason,
        "explanation": entry.explanation,
        "changed": list(entry.changed),
        "result": entry.result,
        "detail": entry.detail,
        "verified": entry.verified,
        "rows": list(entry.rows),
        "exchanges": [exchange_part(exchange) for exchange in entry.exchanges],
    }
