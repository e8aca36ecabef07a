"""How an export as a whole breaks with its contract: columns gone or renamed, statuses new."""

from collections.abc import Iterator

from data_contracts.batch import RawBatch
from data_contracts.contract_change import ExportChange, ExportChangeKind
from data_contracts.export_contract import ExportContract
from tasks.validate.status import JOINT, are_no_statuses, status_columns, unknown_counts
from tasks.validate.structure import nearest_header, strangers


def export_changes(batch: RawBatch, contract: ExportContract) -> tuple[ExportChange, ...]:
    """Find what of an export its contract does not know, column by column, status by status.

    Values that can be no statuses are not named: columns may be shifted.

    Args:
        batch: The export as read.
        contract: What is promised of it.
    """
    return (*_columns(batch, contract), *_statuses(batch, contract))


def _columns(batch: RawBatch, contract: ExportContract) -> Iterator[ExportChange]:
    others = strangers(batch, contract)
    for column in contract.columns:
        if not column.required or column.name in batch.frame:
            continue
        found = nearest_header(column.name, others)
        if found is None:
            yield ExportChange(ExportChangeKind.COLUMN_GONE, column.name)
        else:
            others.remove(found)
            yield ExportChange(ExportChangeKind.COLUMN_RENAMED, column.name, found)


def _statuses(batch: RawBatch, contract: ExportContract) -> Iterator[ExportChange]:
    status = contract.status
    if status is None:
        return
    needed = {name for name in status.columns if contract.column(name).required}
    if not needed <= set(batch.frame.columns):
        return
    states = {text: str(state) for text, state in status.states.items()}
    counts = unknown_counts(status_columns(batch.frame, status), states, status.bit_list)
    if are_no_statuses(counts):
        return
    name = JOINT.join(status.columns)
    for text, rows in counts.items():
        yield ExportChange(ExportChangeKind.STATUS_UNKNOWN, name, text, rows)
