"""Rows that are set aside: which, why, and whose they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pandas as pd

from data_contracts.batch import QuarantinedRow, RawBatch
from data_contracts.columns import texts
from data_contracts.export_contract import (
    IDENTIFYING,
    ContractRule,
    ExportContract,
    WorkerField,
)
from data_contracts.frames import LINE
from data_contracts.person_names import name_forms
from data_contracts.rule_ids import MALFORMED
from tasks.validate.run_rules import Breaches


def allowed_rows(rows: int, fraction: float) -> int:
    """How many rows may be set aside before the batch as a whole is not to be trusted.

    Below twenty rows a share says nothing: then three rows may be, but never more than half.

    >>> allowed_rows(1000, 0.1), allowed_rows(19, 0.1), allowed_rows(2, 0.1), allowed_rows(9, 0.0)
    (100, 3, 1, 0)
    """
    share = int(rows * fraction)
    if fraction == 0 or rows >= SMALL_POPULATION:
        return share
    return max(share, min(SMALL_ALLOWANCE, rows // 2))


SMALL_POPULATION = 20
SMALL_ALLOWANCE = 3


def quarantined_rows(
    batch: RawBatch,
    contract: ExportContract,
    breaches: Iterable[Breaches],
    *,
    at_most: int | None = None,
) -> tuple[QuarantinedRow, ...]:
    """Describe the rows that break rules, and those that could not be taken apart.

    Args:
        batch: The batch.
        contract: Which columns identify a person.
        breaches: Of the rules for whose breach rows are set aside, in the contract's order.
        at_most: How many rows to describe; all when None.

    Returns:
        The rows by line, with each rule that they break.
    """
    broken: dict[int, list[ContractRule]] = defaultdict(list)
    for breach in breaches:
        for row in breach.rows.tolist():
            broken[row].append(breach.rule)
    positions = sorted(broken)[:at_most]
    rows = batch.frame.iloc[positions]
    keys = texts(rows[contract.key])
    lines = rows[LINE].tolist()
    described = [
        QuarantinedRow(
            source=batch.source,
            line=line,
            rule_ids=tuple(rule.rule_id for rule in broken[position]),
            reasons=tuple(rule.description for rule in broken[position]),
            worker_key=key,
            identities=identities,
            names=names,
        )
        for position, line, key, identities, names in zip(
            positions, lines, keys, _identities(rows, contract), _names(rows, contract), strict=True
        )
    ]
    described += [
        QuarantinedRow(
            source=batch.source,
            line=row.line,
            rule_ids=(MALFORMED,),
            reasons=(row.reason,),
            worker_key=None,
        )
        for row in batch.malformed[:at_most]
    ]
    return tuple(sorted(described, key=lambda row: row.line))[:at_most]


def _identities(rows: pd.DataFrame, contract: ExportContract) -> Sequence[tuple[str, ...]]:
    """Further values of each row by which its person is known elsewhere."""
    names = dict.fromkeys(
        contract.meanings[field] for field in IDENTIFYING if field in contract.meanings
    )
    columns = [texts(rows[name]) for name in names if name != contract.key and name in rows]
    if not columns:
        return [()] * len(rows)
    return [
        tuple(value for value in values if value is not None)
        for values in zip(*columns, strict=True)
    ]


def _names(rows: pd.DataFrame, contract: ExportContract) -> Sequence[tuple[str, ...]]:
    """The forms of each row's name."""
    nothing = pd.Series(None, index=rows.index, dtype="str")
    parts = [
        rows[contract.meanings[field]] if contract.meanings.get(field) in rows else nothing
        for field in (WorkerField.GIVEN_NAME, WorkerField.FAMILY_NAME, WorkerField.DISPLAY_NAME)
    ]
    columns = [texts(form) for form in name_forms(*parts)]
    return [tuple(name for name in names if name) for names in zip(*columns, strict=True)]
