"""An export held against its contract with the corrections that count for it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch, RawBatch
from data_contracts.correction import Correction
from data_contracts.export_contract import ExportContract
from data_contracts.words import BatchVerdict
from tasks.validate.overlay import overlay, rows_harmed, with_corrections

Check = Callable[[str, RawBatch, ExportContract, AsOf], Awaitable[CheckedBatch]]

NAMED = 5  # lines that a message names


@dataclass(frozen=True, slots=True)
class Corrected:
    """A batch as it is read, and what its contract says.

    Attributes:
        batch: With its corrections.
        checked: The same, checked.
        plain: What the contract says without corrections.
        used: The corrections that count.
        harm: Why corrections were left out; "" unless they were.
    """

    batch: RawBatch
    checked: CheckedBatch
    plain: CheckedBatch
    used: tuple[Correction, ...] = ()
    harm: str = ""


async def check_corrected(
    check: Check,
    batch: RawBatch,
    contract: ExportContract,
    as_of: AsOf,
    corrections: Sequence[Correction],
) -> Corrected:
    """Hold a batch against its contract, quarantined rows read as they were corrected.

    Corrections that would set aside a row which goes on without them, or refuse the batch, are left
    out, all of them: nobody's row may be lost by another's correction.

    Args:
        check: Holds a batch against a contract.
        batch: The export as read.
        contract: The contract.
        as_of: The day of the run.
        corrections: Of this source, the oldest first.
    """
    plain = await check(batch.source, batch, contract, as_of)
    laid = overlay(batch, plain.report, corrections)
    if not laid.used:
        return Corrected(batch, plain, plain)
    checked = await check(batch.source, laid.batch, contract, as_of)
    harm = _harm(plain, checked)
    if harm:
        warnings = (*plain.report.warnings, f"the corrections of rows were left out: {harm}")
        return Corrected(
            batch, replace(plain, report=replace(plain.report, warnings=warnings)), plain, (), harm
        )
    report = with_corrections(checked.report, laid.used)
    return Corrected(laid.batch, replace(checked, report=report), plain, laid.used)


def _harm(plain: CheckedBatch, checked: CheckedBatch) -> str:
    if checked.report.verdict is BatchVerdict.REFUSED:
        if plain.report.verdict is BatchVerdict.REFUSED:
            return "the export is refused with them as well"
        return f"the export would be refused: {'; '.join(checked.report.refusals)}"
    if plain.report.verdict is BatchVerdict.REFUSED:
        return ""  # fewer rows are set aside than before: that is what they are for
    harmed = rows_harmed(plain.report, checked.report)
    if not harmed:
        return ""
    lines = ", ".join(str(row.line) for row in harmed[:NAMED])
    more = f" and {len(harmed) - NAMED} more" if len(harmed) > NAMED else ""
    reasons = "; ".join(dict.fromkeys(reason for row in harmed for reason in row.reasons))
    return f"with them, rows would be set aside that go on now (line {lines}{more}: {reasons})"
