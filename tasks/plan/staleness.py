"""What moved between a saved plan and the same plan made again."""

from data_contracts.plan import Plan, PlannedOperation
from data_contracts.team_plan import TeamOperation

NAMED = 5
"""How many people are named; the counts say how many more there are."""


def what_moved(saved: Plan, now: Plan) -> tuple[str, ...]:
    """Say what differs, in words.

    Args:
        saved: The plan that was reviewed.
        now: The plan made again, for the same day.

    Returns:
        One sentence for each thing that moved; empty when the plans are the same.
    """
    moved = [*_sources(saved, now)]
    if (saved.only, saved.kinds) != (now.only, now.kinds):
        moved.append("the plan is for other people, or for other kinds of operations")
    if saved.target != now.target:
        moved.append(f"the plan is for target {saved.target}, the settings name {now.target}")
    if saved.basis.configuration != now.basis.configuration:
        moved.append("the settings changed")
    if saved.basis.links != now.basis.links:
        moved.append("the ledger's account links changed (another run worked in between)")
    if saved.basis.target != now.basis.target:
        moved.append(_accounts(saved, now))
    if saved.basis.teams != now.basis.teams:
        moved.append("teams changed at the target, or the ledger's links to them")
    moved += _operations(saved, now)
    if not moved and saved.digest != now.digest:
        moved.append("the guardrails or findings changed")
    return tuple(moved)


def _sources(saved: Plan, now: Plan) -> list[str]:
    moved = []
    for name in sorted({*saved.basis.sources, *now.basis.sources}):
        before, after = saved.basis.sources.get(name), now.basis.sources.get(name)
        if before is None or after is None:
            moved.append(f"source {name} was {'added' if before is None else 'removed'}")
        elif before.path != after.path:
            moved.append(f"source {name} is now {after.path}, the plan was made from {before.path}")
        elif before.digest != after.digest:
            moved.append(f"the content of {after.path} changed")
        elif before.corrections != after.corrections:
            moved.append(f"the corrections of quarantined rows of source {name} changed")
        elif before != after:
            moved.append(f"the contract of source {name} or its verdict changed")
    return moved


def _accounts(saved: Plan, now: Plan) -> str:
    before, after = saved.basis.target_accounts, now.basis.target_accounts
    prints = {o.account_id: o.fingerprint for o in now.operations if o.account_id}
    touched = sorted(
        o.worker_key
        for o in saved.operations
        if o.account_id in prints and prints[o.account_id] != o.fingerprint
    )
    text = "accounts changed at the target"
    if before != after:
        text += f" ({before} then, {after} now)"
    return f"{text}, among them of {_named(touched)}" if touched else text


def _operations(saved: Plan, now: Plan) -> list[str]:
    before = {o.operation_id: _meaning(o) for o in saved.everything_to_write}
    after = {o.operation_id: _meaning(o) for o in now.everything_to_write}
    gone, new = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    other = sorted(k for k in before.keys() & after.keys() if before[k] != after[k])
    texts = (
        (gone, "no longer to be done"),
        (new, "to be done now and not in the plan"),
        (other, "to be done otherwise"),
    )
    return [f"{_named(ids)} {text}" for ids, text in texts if ids]


def _meaning(operation: PlannedOperation) -> tuple[object, ...]:
    if isinstance(operation, TeamOperation):
        return operation.team_id, operation.name, operation.add, operation.remove
    return operation.account_id, operation.attributes, operation.references, operation.before


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
