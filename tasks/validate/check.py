"""A batch held against its contract: rows that go on, rows set aside, and the verdict.

Pure. A rule's severity decides what its breach leads to: refuse the batch, set the row aside, or
say so. Rows in are always rows accepted and rows set aside.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from data_contracts.batch import (
    LINES_SHOWN,
    CheckedBatch,
    ContractReport,
    QuarantinedRow,
    RawBatch,
    RuleResult,
)
from data_contracts.contract_change import ExportChange
from data_contracts.export_contract import ExportContract
from data_contracts.frames import ACCEPTED, LINE, STATE
from data_contracts.odcs.extension_text import remedy_text
from data_contracts.partitions import Spread
from data_contracts.rule_ids import COLUMNS_PRESENT, STATUS_KNOWN
from data_contracts.words import BatchVerdict, Severity
from tasks.validate.changes import export_changes
from tasks.validate.freshness import freshness_result, stale
from tasks.validate.remarks import remark
from tasks.validate.run_rules import Breaches, Evaluate, run_rules
from tasks.validate.set_aside import allowed_rows, quarantined_rows
from tasks.validate.spread_rules import spread_rules
from tasks.validate.status import states_of, status_columns
from tasks.validate.structure import broken_structure, is_structural, structure_results

MOST_LISTED = 10_000
"""Rows that the report of a refused batch lists: enough to find the cause, whatever its size."""

BREAKING = "breaking change of the export"
"""How a refusal begins whose cause is the export as a whole, and not somebody's row."""

DRAFT = (
    "the contract is a draft, by which nobody gets or loses access: answer each FILL IN in "
    "{origin}, then write `status: active` there"
)
"""Why an export is refused whose contract nobody answers for yet."""

_CAUSES = 3  # rules that a refusal names for rows set aside


def check_batch(
    batch: RawBatch,
    contract: ExportContract,
    *,
    as_of: datetime | None = None,
    evaluate: Evaluate | None = None,
    spread: Spread | None = None,
) -> CheckedBatch:
    """Hold a batch against its contract.

    Args:
        batch: The export as read.
        contract: What is promised of it.
        as_of: The moment at which its age is judged, aware; needed where the contract has a
            freshness.
        evaluate: How a single expectation is run; the fast way when None (for tests).
        spread: Runs rules that judge a row by itself over blocks; on the whole when None.

    Returns:
        The accepted rows and the report. A refused batch has no accepted rows, and its report
        lists the first `MOST_LISTED` rows that break a rule.

    Raises:
        ContractFileError: A rule of the contract cannot be run.
    """
    refusals = broken_structure(batch, contract)
    if refusals:
        results = structure_results(contract, refusals)
        if COLUMNS_PRESENT in refusals:
            refusals[COLUMNS_PRESENT] = f"{BREAKING}: {refusals[COLUMNS_PRESENT]}"
        note = "the other rules were not run: first the export must have its columns and rows"
        return _refused(batch, contract, results, [], list(refusals.values()), [note])
    rules = [rule for rule in contract.rules if not is_structural(rule)]
    if spread is None:
        breaches = run_rules(batch.frame, rules, origin=contract.origin, evaluate=evaluate)
    else:
        breaches = spread_rules(batch.frame, rules, origin=contract.origin, spread=spread)
    too_old = stale(batch, contract, as_of)
    results = structure_results(contract, {}) + freshness_result(contract, too_old)
    results += [_result(b, batch.frame) for b in breaches]
    results = _in_order(results, contract)
    broken = [breach for breach in breaches if breach.failing]
    remarks = _remarks(broken, batch, contract)
    reasons = [too_old] if too_old else []
    reasons += _refusals(broken, remarks, batch, contract)
    reasons += [DRAFT.format(origin=contract.origin)] if contract.is_draft else []
    if reasons:
        untold = [text for text in remarks.values() if not any(text in r for r in reasons)]
        return _refused(batch, contract, results, broken, reasons, untold)
    return _accepted(batch, contract, results, broken, remarks)


def _accepted(
    batch: RawBatch,
    contract: ExportContract,
    results: list[RuleResult],
    broken: list[Breaches],
    remarks: dict[str, str],
) -> CheckedBatch:
    aside = [breach for breach in broken if breach.rule.severity is Severity.QUARANTINE]
    quarantined = quarantined_rows(batch, contract, aside)
    frame = _with_state(_without(batch.frame, aside), contract)
    if len(frame) + len(quarantined) != batch.rows_read:
        raise AssertionError("rows read are not rows accepted and rows set aside")
    verdict = BatchVerdict.ACCEPTED_WITH_QUARANTINE if quarantined else BatchVerdict.ACCEPTED
    warnings = [*_absent_columns(batch, contract), *remarks.values()]
    report = _report(batch, contract, verdict, results, quarantined, (), warnings, len(frame))
    return CheckedBatch(report, ACCEPTED.check(frame), contract.complete_roster)


def _refused(
    batch: RawBatch,
    contract: ExportContract,
    results: list[RuleResult],
    broken: list[Breaches],
    refusals: list[str],
    warnings: list[str],
) -> CheckedBatch:
    aside = [breach for breach in broken if breach.rule.severity is not Severity.WARN]
    quarantined: tuple[QuarantinedRow, ...] = ()
    if contract.key in batch.frame:
        quarantined = quarantined_rows(batch, contract, aside, at_most=MOST_LISTED)
    total = len(_rows_of(aside)) + len(batch.malformed)
    if total > len(quarantined):
        warnings = [*warnings, f"of {total:,} rows that break rules the first are listed"]
    empty = batch.frame.iloc[:0].assign(**{STATE: pd.Series(dtype="str")})
    report = _report(
        batch, contract, BatchVerdict.REFUSED, results, quarantined, refusals, warnings, 0
    )
    return CheckedBatch(report, ACCEPTED.check(empty), complete_roster=False)


def _report(
    batch: RawBatch,
    contract: ExportContract,
    verdict: BatchVerdict,
    results: list[RuleResult],
    quarantined: tuple[QuarantinedRow, ...],
    refusals: Sequence[str],
    warnings: Sequence[str],
    accepted: int,
) -> ContractReport:
    changes = _changes(batch, contract, results)
    return ContractReport(
        source=batch.source,
        path=batch.path,
        digest=batch.digest,
        contract=contract.name,
        contract_version=contract.version,
        verdict=verdict,
        rows_read=batch.rows_read,
        rows_accepted=accepted,
        rules=tuple(results),
        quarantined=quarantined,
        refusals=tuple(refusals),
        warnings=(*batch.warnings, *warnings),
        unverified=contract.unverified,
        changes=changes,
        remedy=remedy_text(contract, changes),
        absent=batch.absent,
    )


def _refusals(
    broken: list[Breaches],
    remarks: dict[str, str],
    batch: RawBatch,
    contract: ExportContract,
) -> list[str]:
    """Why the batch as a whole cannot be used, in words."""
    reasons = [
        _in_words(breach, remarks, batch.frame)
        for breach in broken
        if breach.rule.severity is Severity.REFUSE
    ]
    aside = [breach for breach in broken if breach.rule.severity is Severity.QUARANTINE]
    count = len(_rows_of(aside)) + len(batch.malformed)
    allowed = allowed_rows(batch.rows_read, contract.max_quarantined_fraction)
    if count > allowed:
        causes = sorted(aside, key=lambda breach: -breach.failing)[:_CAUSES]
        mostly = [_in_words(breach, remarks, batch.frame) for breach in causes]
        if batch.malformed:
            mostly.append(f"{len(batch.malformed):,} rows could not be taken apart")
        reasons.append(
            f"{count:,} of {batch.rows_read:,} rows ({count / batch.rows_read:.1%}) would be set "
            f"aside, and the contract allows {allowed:,}: {'; '.join(mostly)}"
        )
    return reasons


def _in_words(breach: Breaches, remarks: dict[str, str], frame: pd.DataFrame) -> str:
    rule = breach.rule
    if not rule.row_level:
        return f"`{rule.rule_id}`: {rule.description}"
    rows = "row breaks" if breach.failing == 1 else "rows break"
    line = int(frame[LINE].iloc[breach.rows[0]])
    text = f"{breach.failing:,} {rows} `{rule.rule_id}` (first on line {line}): {rule.description}"
    more = remarks.get(rule.rule_id)
    text = f"{text}; {more}" if more else text
    vocabulary = rule.arguments.get("value_set") or rule.arguments.get("known")
    # a draft knows no status yet: nothing has changed then
    return f"{BREAKING}: {text}" if rule.rule_id == STATUS_KNOWN and vocabulary else text


def _changes(
    batch: RawBatch, contract: ExportContract, results: list[RuleResult]
) -> tuple[ExportChange, ...]:
    """How the export breaks with the contract as a whole; looked for where a rule says so."""
    about = (COLUMNS_PRESENT, STATUS_KNOWN)
    if any(result.failing and result.rule_id in about for result in results):
        return export_changes(batch, contract)
    return ()


def _remarks(broken: list[Breaches], batch: RawBatch, contract: ExportContract) -> dict[str, str]:
    found = {b.rule.rule_id: remark(b, batch.frame, contract) for b in broken if b.rule.row_level}
    return {rule_id: text for rule_id, text in found.items() if text}


def _result(breach: Breaches, frame: pd.DataFrame) -> RuleResult:
    rule = breach.rule
    lines = frame[LINE].iloc[breach.rows[:LINES_SHOWN]]
    return RuleResult(
        rule_id=rule.rule_id,
        severity=rule.severity,
        columns=rule.columns,
        description=rule.description,
        failing=breach.failing,
        lines=tuple(int(line) for line in lines),
    )


def _in_order(results: list[RuleResult], contract: ExportContract) -> list[RuleResult]:
    order = {rule.rule_id: position for position, rule in enumerate(contract.rules)}
    return sorted(results, key=lambda result: order.get(result.rule_id, 0))


def _rows_of(breaches: list[Breaches]) -> np.ndarray:
    found = [breach.rows for breach in breaches]
    return np.unique(np.concatenate(found)) if found else np.array([], dtype="int64")


def _without(frame: pd.DataFrame, aside: list[Breaches]) -> pd.DataFrame:
    rows = _rows_of(aside)
    if not len(rows):
        return frame
    kept = np.ones(len(frame), dtype=bool)
    kept[rows] = False
    return frame[kept].reset_index(drop=True)


def _with_state(frame: pd.DataFrame, contract: ExportContract) -> pd.DataFrame:
    if contract.status is None:
        return frame.assign(**{STATE: pd.Series(None, index=frame.index, dtype="str")})
    states = {status: str(state) for status, state in contract.status.states.items()}
    columns = status_columns(frame, contract.status)
    found = states_of(columns, states, contract.status.bit_list)
    if found.isna().any():
        raise AssertionError("a row without a state would go on")
    return frame.assign(**{STATE: found})


def _absent_columns(batch: RawBatch, contract: ExportContract) -> list[str]:
    absent = [c.name for c in contract.columns if c.name not in batch.frame]
    if not absent:
        return []
    return [f"optional columns that the export does not have: {', '.join(absent)}"]
