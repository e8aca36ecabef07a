"""What must hold before a single rule is run: the columns are there, and so is a row."""

import re
from difflib import SequenceMatcher

from data_contracts.batch import RawBatch, RuleResult
from data_contracts.export_contract import ContractRule, ExportContract, FileFormat
from data_contracts.frames import LINE
from data_contracts.rule_ids import COLUMNS_PRESENT, ROWS_PRESENT

_ALIKE = 0.75  # of 1; `Work E-mail` and `Work Email` are 0.95 alike
_SHOWN = 12  # columns that a message lists


def broken_structure(batch: RawBatch, contract: ExportContract) -> dict[str, str]:
    """Find what makes running the rules pointless.

    Returns:
        The refusal by rule id; empty when the structure is sound.
    """
    if batch.absent:
        return {ROWS_PRESENT: f"there is no delivery: {batch.absent}"}
    refusals: dict[str, str] = {}
    missing = [c.name for c in contract.columns if c.required and c.name not in batch.frame]
    if missing:
        refusals[COLUMNS_PRESENT] = _missing_columns(missing, batch, contract)
    if not batch.rows_read:
        refusals = {ROWS_PRESENT: "the export has a header and no rows"} | refusals
        if not batch.header:
            refusals = {ROWS_PRESENT: "the export has no records"}
    elif not len(batch.frame):
        first = batch.malformed[0]
        words = f"none of the {batch.rows_read:,} rows could be taken apart (line {first.line}: "
        words += f"{first.reason})"
        if missing and contract.reader.format is FileFormat.CSV:
            words += (
                f"; what was taken for the header misses {_listed(missing)}: if other lines stand "
                "above it, declare them as `skipLines` in the contract"
            )
        refusals = {ROWS_PRESENT: words}
    return refusals


def structure_results(contract: ExportContract, refusals: dict[str, str]) -> list[RuleResult]:
    """The results of the rules about structure, and of no others."""
    return [
        RuleResult(
            rule_id=rule.rule_id,
            severity=rule.severity,
            columns=rule.columns,
            description=rule.description,
            failing=int(rule.rule_id in refusals),
        )
        for rule in contract.rules
        if is_structural(rule)
    ]


def is_structural(rule: ContractRule) -> bool:
    """Whether a rule is about structure."""
    return rule.rule_id in (COLUMNS_PRESENT, ROWS_PRESENT)


def _missing_columns(missing: list[str], batch: RawBatch, contract: ExportContract) -> str:
    others = strangers(batch, contract)
    renamed = [(name, other) for name in missing if (other := nearest_header(name, others))]
    parts = [f"missing {_plural(missing)}: {_listed(missing)}"]
    parts += [
        f"column {other!r} is not in the contract and {name!r} is missing: was it renamed? "
        "Then give the contract's column this alias"
        for name, other in renamed
    ]
    if not renamed:
        parts.append(f"the export has: {_listed(list(batch.header))}")
    return "; ".join(parts)


def strangers(batch: RawBatch, contract: ExportContract) -> list[str]:
    """Columns of the export that the contract does not name."""
    known = {column.name for column in contract.columns}
    return [str(n) for n in batch.frame.columns if n not in known and n != LINE]


def nearest_header(name: str, others: list[str]) -> str | None:
    """The header that is nearly the same as a name; None when none comes near."""
    scored = [(_alike(name, other), other) for other in others]
    best = max(scored, default=(0.0, ""), key=lambda pair: pair[0])
    return best[1] if best[0] >= _ALIKE else None


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, _plain(one), _plain(other)).ratio()


def _plain(name: str) -> str:
    """Letters and digits alone, in lower case: `Work E-mail`, `work_email` and `WorkEmail`."""
    return re.sub(r"[\W_]", "", name).lower()


def _plural(names: list[str]) -> str:
    return "column" if len(names) == 1 else "columns"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more
