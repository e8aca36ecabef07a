"""What `--json` and a run's `run.json` say: plain values with stable keys.

A key that has nothing to say is there with null or an empty list. What may not be shown is null,
beside `"hidden": true`.
"""

from collections.abc import Sequence

from data_contracts.batch import ContractReport, QuarantinedRow, RuleResult
from data_contracts.explanation import Explanation
from data_contracts.health import HealthCheck, HealthState
from data_contracts.link_decision import LinkDecision
from data_contracts.outcome import HistoryEntry, LoadReport, Outcome, RunRecord
from data_contracts.plan import Adoption, Operation, Plan
from data_contracts.words import BatchVerdict, OperationKind, TeamOperationKind
from tasks.report.document_parts import (
    Document,
    entry_part,
    exchange_part,
    findings_part,
    iso,
    operation_part,
    shown,
)
from tasks.report.team_documents import team_documents, team_results
from tasks.report.wording import by_operation


def plan_document(plan: Plan, digest: str, *, show_values: bool = False) -> Document:
    """A plan for machines. To carry one out, save it with `-o`: this here may hide values.

    Args:
        plan: The plan.
        digest: Its digest.
        show_values: Whether values of personal attributes may be shown.
    """
    return {
        "format": plan.format,
        "target": plan.target,
        "as_of": plan.as_of.isoformat(),
        "zone_days": {zone: day.isoformat() for zone, day in plan.zone_days.items()},
        "digest": digest,
        "verdict": str(plan.verdict),
        "in_line": plan.is_empty,
        "totals": {
            **{str(kind): plan.count(kind) for kind in OperationKind},
            "adopt": len(plan.adoptions),
        },
        "guardrails": [result.model_dump(mode="json") for result in plan.guardrails],
        "operations": [operation_part(o, show_values) for o in plan.operations],
        "adoptions": [_adoption(adoption, show_values) for adoption in plan.adoptions],
        "team_totals": {
            **{str(kind): _of_kind(plan, kind) for kind in TeamOperationKind},
            "adopt": len(plan.team_adoptions),
        },
        "teams": team_documents(plan),
        "team_adoptions": [each.model_dump(mode="json") for each in plan.team_adoptions],
        "findings": findings_part(plan.findings),
        "counts": dict(plan.counts),
        "basis": plan.basis.model_dump(mode="json"),
    }


def _of_kind(plan: Plan, kind: TeamOperationKind) -> int:
    return sum(operation.kind is kind for operation in plan.team_operations)


def check_document(reports: Sequence[ContractReport], *, show_values: bool = False) -> Document:
    """What the contracts say, for machines.

    Args:
        reports: One report for each source.
        show_values: Whether further identifying values of quarantined rows may be shown.
    """
    refused = any(report.verdict is BatchVerdict.REFUSED for report in reports)
    return {"refused": refused, "sources": [_report(r, show_values) for r in reports]}


def run_document(
    run: RunRecord,
    plan: Plan | None,
    load: LoadReport | None,
    reports: Sequence[ContractReport],
    *,
    show_values: bool = False,
) -> Document:
    """A run for machines: its record, its plan, and what became of each operation.

    Args:
        run: The run.
        plan: The plan, if the run came so far.
        load: What became of it, if it was carried out.
        reports: What the contracts say of each source.
        show_values: Whether values of personal attributes may be shown.
    """
    return {
        "run": run_part(run),
        "sources": check_document(reports, show_values=show_values)["sources"],
        "plan": plan_document(plan, plan.digest, show_values=show_values) if plan else None,
        "load": None if load is None else _load(load),
        "people": _people(plan, load),
        "teams": team_results(plan, by_operation(load.outcomes if load else ())) if plan else [],
    }


def link_document(decision: LinkDecision) -> Document:
    """A link that was made or taken away by hand, for machines."""
    return {
        "run_id": decision.run_id,
        "worker_key": decision.worker_key,
        "account_id": decision.account_id,
        "taken_from": decision.taken_from,
        "by": decision.by,
        "note": decision.note,
    }


def history_document(entries: Sequence[HistoryEntry]) -> Document:
    """The audit trail for machines.

    Args:
        entries: Entries, in the order given.
    """
    return {"entries": [entry_part(entry) for entry in entries]}


def explain_document(explanation: Explanation, *, show_values: bool = False) -> Document:
    """Everything about one person, for machines.

    Args:
        explanation: Everything that is known about the person.
        show_values: Whether values of personal attributes may be shown.
    """
    return {
        "person": explanation.person,
        "worker_key": explanation.worker_key,
        "former_key": explanation.former_key or None,
        "account_id": explanation.account_id,
        "rows": [
            {
                "source": row.source,
                "path": row.path,
                "line": row.line,
                "contract": row.contract,
                "verdict": row.verdict,
                "reasons": list(row.reasons),
            }
            for row in explanation.rows
        ],
        "state": explanation.state,
        "presence": explanation.presence,
        "reason": explanation.reason,
        "in_scope": explanation.in_scope,
        "attributes": [
            {
                "path": each.path,
                "origin": each.origin,
                "when": each.when,
                "refers_to": each.refers_to or None,
                **shown(each.path, {"value": each.value}, show_values),
            }
            for each in explanation.attributes
        ],
        "role": explanation.role,
        "role_rule": explanation.role_rule,
        "role_condition": explanation.role_condition or None,
        "teams": None
        if explanation.teams is None
        else [{"key": team.key, "name": team.name} for team in explanation.teams],
        "findings": findings_part(explanation.findings),
        "history": [entry_part(entry) for entry in explanation.history],
        "problem": explanation.problem,
    }


def health_document(checks: Sequence[HealthCheck]) -> Document:
    """The doctor's findings for machines.

    Args:
        checks: In the order in which they were made.
    """
    return {
        "healthy": not any(check.state is HealthState.FAILED for check in checks),
        "checks": [
            {
                "name": check.name,
                "state": str(check.state),
                "message": check.message,
                "hint": check.hint,
            }
            for check in checks
        ],
    }


def _adoption(adoption: Adoption, show_values: bool) -> Document:
    return {
        "worker_key": adoption.worker_key,
        "account_id": adoption.account_id,
        "user_name": adoption.user_name,
        "correlated_by": str(adoption.correlated_by),
        **({} if adoption.taken_from is None else {"taken_from": adoption.taken_from}),
        **shown("externalId", {"external_id": adoption.external_id}, show_values),
    }


def _report(report: ContractReport, show_values: bool) -> Document:
    return {
        "source": report.source,
        "path": report.path,
        "digest": report.digest,
        "contract": report.contract,
        "contract_version": report.contract_version,
        "verdict": str(report.verdict),
        "rows_read": report.rows_read,
        "rows_accepted": report.rows_accepted,
        "rows_quarantined": len(report.quarantined),
        "refusals": list(report.refusals),
        "warnings": list(report.warnings),
        "unverified": list(report.unverified),
        "changes": [
            {
                "kind": str(change.kind),
                "column": change.column,
                "found": change.found,
                "rows": change.rows,
                "message": change.message,
            }
            for change in report.changes
        ],
        "remedy": report.remedy or None,
        "rules": [_rule(rule) for rule in report.rules],
        "quarantined": [_quarantined(row, show_values) for row in report.quarantined],
    }


def _rule(rule: RuleResult) -> Document:
    return {
        "rule": rule.rule_id,
        "severity": str(rule.severity),
        "columns": list(rule.columns),
        "description": rule.description,
        "failing": rule.failing,
        "lines": list(rule.lines),
    }


def _quarantined(row: QuarantinedRow, show_values: bool) -> Document:
    return {
        "source": row.source,
        "line": row.line,
        "rules": list(row.rule_ids),
        "reasons": list(row.reasons),
        "worker_key": row.worker_key,
        "identities": list(row.identities) if show_values else None,
        "hidden": not show_values,
    }


def run_part(run: RunRecord) -> Document:
    """The ledger's line about a run; with its trace, where there is one."""
    trace = {} if run.trace_id is None else {"trace_id": run.trace_id}
    return {
        "run_id": run.run_id,
        "flow": run.flow,
        "target": run.target,
        "as_of": run.as_of,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "state": str(run.state),
        "message": run.message,
        "counts": dict(run.counts),
        "plan_digest": run.plan_digest,
        "prefect_run_id": run.prefect_run_id,
        "parent_run_id": run.parent_run_id,
        "ledger_head": run.ledger_head or None,
        **trace,
    }


def _load(load: LoadReport) -> Document:
    return {
        "stopped": load.stopped,
        "requests": load.requests,
        "throttled": load.throttled,
        "elapsed_s": round(load.elapsed_s, 3),
        "failed": len(load.failed),
    }


def _people(plan: Plan | None, load: LoadReport | None) -> list[Document]:
    """What happened to whom; `result` is null while nothing was carried out."""
    if plan is None:
        return []
    known = by_operation(load.outcomes if load else ())
    return [_person(o, known.get(o.operation_id)) for o in plan.operations]


def _person(operation: Operation, outcome: Outcome | None) -> Document:
    return {
        "id": operation.operation_id,
        "worker_key": operation.worker_key,
        "user_name": operation.user_name,
        "kind": str(operation.kind),
        "reason": operation.reason,
        "account_id": (outcome.account_id if outcome else None) or operation.account_id,
        "result": str(outcome.result) if outcome else None,
        "detail": outcome.detail if outcome else "",
        "verified": outcome.verified if outcome else "",
        "not_retained": list(outcome.not_retained) if outcome else [],
        "exchanges": [exchange_part(e) for e in outcome.exchanges] if outcome else [],
    }
