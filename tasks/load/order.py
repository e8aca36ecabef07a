"""In which order operations are carried out: leavers, then whoever waits for nobody, then the rest.

Pure. Leavers free seats for those who come. An operation that refers to an account which another
one creates comes after it: creates go managers first, and changes of those whose manager is new go
last.
"""

from collections.abc import Iterator, Mapping, Sequence

from data_contracts.plan import Operation, PlannedOperation
from data_contracts.words import OPERATION_ORDER, OperationKind

REFERRING = (OperationKind.UPDATE, OperationKind.REACTIVATE)
"""Kinds that may have to wait for a create."""


def stages(operations: Sequence[PlannedOperation]) -> list[list[int]]:
    """Part operations into stages: each may begin when the one before has ended.

    Args:
        operations: In the plan's order, which is kept within a stage.

    Returns:
        Positions: leavers; then everybody who waits for none of these operations; then creates,
        those of managers before those of their reports; then changes that wait. None is empty.
    """
    first, *later = creates_in_levels(operations) or [[]]
    made = {operations[i].worker_key for level in (first, *later) for i in level}
    leavers: list[int] = []
    waiting: list[int] = []
    ready = list(first)
    for i, operation in enumerate(operations):
        if operation.kind is OperationKind.DEACTIVATE:
            leavers.append(i)
        elif operation.kind in REFERRING and made.intersection(operation.awaited.values()):
            waiting.append(i)
        elif operation.kind is not OperationKind.CREATE:
            ready.append(i)
    return [stage for stage in (leavers, sorted(ready), *later, waiting) if stage]


def plan_order(operations: Sequence[Operation]) -> Iterator[tuple[str, list[Operation]]]:
    """The operations of a whole plan in groups, to be carried out one after the other.

    Args:
        operations: In the plan's order.

    Yields:
        What each group is called, and its operations: `deactivate`, `update`, `reactivate`,
        `create` (managers before their reports), and then `update-referring` and
        `reactivate-referring`, of people whose managers are new.
    """
    for kind in OPERATION_ORDER:
        chosen = [o for o in operations if o.kind is kind]
        if kind is OperationKind.CREATE:
            yield str(kind), [chosen[i] for level in creates_in_levels(chosen) for i in level]
        else:
            yield str(kind), [o for o in chosen if not o.awaited]
    for kind in REFERRING:
        yield f"{kind}-referring", [o for o in operations if o.kind is kind and o.awaited]


def creates_in_levels(operations: Sequence[PlannedOperation]) -> list[list[int]]:
    """Part the creates into levels: whoever refers to a new account comes below it.

    Args:
        operations: Of any kind, in the plan's order, which is kept within a level.

    Returns:
        Positions of the creates by level, the topmost first. Where people refer to each other in a
        circle, the one of the lowest worker key comes before whom they refer to.
    """
    creates = [i for i, o in enumerate(operations) if o.kind is OperationKind.CREATE]
    if not any(operations[i].awaited for i in creates):
        return [creates] if creates else []
    positions: dict[str, list[int]] = {}
    for i in creates:
        positions.setdefault(operations[i].worker_key, []).append(i)
    awaited = {
        key: {
            other
            for i in own
            for other in operations[i].awaited.values()
            if other in positions and other != key
        }
        for key, own in positions.items()
    }
    return [sorted(i for key in level for i in positions[key]) for level in _levels(awaited)]


def _levels(awaited: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """People level by level: nobody before those whom they wait for, but for circles."""
    waiting: dict[str, list[str]] = {key: [] for key in awaited}
    for key, others in awaited.items():
        for other in others:
            waiting[other].append(key)
    missing = {key: len(others) for key, others in awaited.items()}
    level = [key for key, count in missing.items() if not count]
    left = iter(sorted(awaited))
    placed: set[str] = set()
    while len(placed) < len(awaited):
        if not level:
            start = next(key for key in left if key not in placed)
            level = [_of_a_circle(start, awaited, placed)]
        yield level
        placed.update(level)
        below: list[str] = []
        for key in level:
            for other in waiting[key]:
                missing[other] -= 1
                if not missing[other] and other not in placed:
                    below.append(other)
        level = below


def _of_a_circle(start: str, awaited: Mapping[str, set[str]], placed: set[str]) -> str:
    """Go from somebody who waits up to a circle of people who wait for each other; one of them."""
    way: dict[str, None] = {}
    key = start
    while key not in way:
        way[key] = None
        key = min(awaited[key] - placed)
    each = list(way)
    return min(each[each.index(key) :])
