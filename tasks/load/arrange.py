"""The order of a load: who failed before comes first; whoever keeps failing is put off.

Pure: the present moment is an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data_contracts.failing import FailingOperation
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.words import OperationKind, OutcomeResult


@dataclass(frozen=True, slots=True)
class Arranged:
    """What a load does, and what it leaves for later.

    Attributes:
        due: Operations to carry out: as the plan has them, those that failed before in front.
        put_off: An outcome for each operation that is left for later.
    """

    due: tuple[Operation, ...]
    put_off: tuple[Outcome, ...]


def arrange(
    operations: Sequence[Operation],
    failing: Mapping[str, FailingOperation],
    now: datetime,
    *,
    at_once: bool = False,
    role_path: str = "",
) -> Arranged:
    """Arrange a plan's operations for a load.

    Args:
        operations: In the plan's order.
        failing: Whose operations failed in the last runs, by worker key.
        now: The present moment.
        at_once: Whether nobody is put off, since somebody asked for it.
        role_path: The attribute that carries the role. A change of role is never put off: it may
            take access away.
    """
    due: list[Operation] = []
    put_off: list[Outcome] = []
    for operation in operations:
        known = failing.get(operation.worker_key)
        urgent = at_once or _changes_role(operation, role_path)
        if known is not None and not urgent and known.puts_off(operation, now):
            put_off.append(_put_off(operation, known))
        else:
            due.append(operation)
    due.sort(key=lambda operation: operation.worker_key not in failing)
    return Arranged(tuple(due), tuple(put_off))


def _changes_role(operation: Operation, role_path: str) -> bool:
    return operation.kind is OperationKind.UPDATE and role_path in operation.attributes


def _put_off(operation: Operation, known: FailingOperation) -> Outcome:
    return Outcome(
        operation_id=operation.operation_id,
        worker_key=operation.worker_key,
        kind=operation.kind,
        result=OutcomeResult.PUT_OFF,
        account_id=operation.account_id,
        detail=f"failed {known.failures} times in a row, last in run {known.run_id} "
        f"({known.detail}); tried again from {known.due_at:%Y-%m-%d %H:%M} UTC on, "
        f"or now: scimflow retry {operation.worker_key}",
    )
