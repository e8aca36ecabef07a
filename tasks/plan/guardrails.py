"""Guardrails: the whole plan is judged before the first write."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from data_contracts.columns import is_in, texts
from data_contracts.configuration import AlwaysApprove, Configuration, Limit, RoleRules
from data_contracts.plan import GuardrailResult, Operation, Value
from data_contracts.words import OperationKind, Verdict

GRANTING = (OperationKind.CREATE, OperationKind.REACTIVATE)


@dataclass(frozen=True, slots=True)
class Workforce:
    """The numbers that limits are taken of.

    Attributes:
        active: Whether each account is active, by account id.
        managed_active: Active accounts that are linked or about to be adopted.
        roles: Present role of each account, by account id (missing: none is shown).
        source_rows: Rows of each source's delivery.
        previous_rows: Rows of the last accepted delivery of each source, where there was one.
    """

    active: pd.Series
    managed_active: int
    roles: pd.Series
    source_rows: Mapping[str, int]
    previous_rows: Mapping[str, int]


class _RoleChange(NamedTuple):
    """What an operation does to a role: what is written, and what the account holds now."""

    kind: OperationKind
    written: Value | None
    held: str | None

    @property
    def is_of_active(self) -> bool:
        return self.kind in (OperationKind.DEACTIVATE, OperationKind.UPDATE)

    def role_after(self, initial: str) -> Value | None:
        """The role that the account holds and uses after it."""
        if self.kind is OperationKind.DEACTIVATE:
            return None
        given = initial if self.kind is OperationKind.CREATE else self.held
        return given if self.written is None else self.written


def judge(
    operations: tuple[Operation, ...],
    adoptions: int,
    workforce: Workforce,
    settings: Configuration,
) -> tuple[GuardrailResult, ...]:
    """Hold a plan against every guardrail.

    Args:
        operations: The plan's operations.
        adoptions: How many accounts come under management.
        workforce: The numbers that limits are taken of.
        settings: The settings, with `guardrails` and `roles`.

    Returns:
        One result for each guardrail, in the order of the settings, safe ones too; then one for
        each thing that is to be approved always.

    Reference:
        Entra "accidental deletions prevention", midPoint thresholds: known here with an absolute
        limit, a share, and a rule for small populations.
    """
    limits, kinds = settings.guardrails, [operation.kind for operation in operations]
    population = workforce.managed_active
    changes = _role_changes(operations, workforce, settings.role_path)
    upgrades = sum(n for change, n in changes.items() if _is_upgrade(change, settings.roles))
    each = [
        ("deactivations", limits.deactivations, kinds.count(OperationKind.DEACTIVATE), population),
        ("creates", limits.creates, sum(k in GRANTING for k in kinds), population),
        ("updates", limits.updates, kinds.count(OperationKind.UPDATE), population),
        ("role_upgrades", limits.role_upgrades, upgrades, population),
        ("adoptions", limits.adoptions, adoptions, len(workforce.active)),
    ]
    results = [counted(*one) for one in each]
    for source, previous in sorted(workforce.previous_rows.items()):
        missing = max(previous - workforce.source_rows.get(source, 0), 0)
        name = f"source_shrinkage ({source})"
        results.append(counted(name, limits.source_shrinkage, missing, previous))
    results.append(_seats(changes, workforce, settings))
    results.append(_admins(changes, workforce, settings))
    results += _always(upgrades, adoptions, workforce, settings.approval.always)
    return tuple(results)


def _always(
    upgrades: int, adoptions: int, workforce: Workforce, rules: AlwaysApprove
) -> Iterator[GuardrailResult]:
    """Hold a plan against what needs approval whatever its number, where that is set."""
    if rules.role_upgrades:
        yield GuardrailResult(
            name="approval.always.role_upgrades",
            verdict=Verdict.HELD if upgrades else Verdict.SAFE,
            actual=upgrades,
            limit=0,
            population=workforce.managed_active,
            message=f"approval.always.role_upgrades: {upgrades} accounts would get a more powerful "
            "role; each one needs approval",
        )
    if rules.adoptions is not None:
        yield GuardrailResult(
            name="approval.always.adoptions",
            verdict=Verdict.HELD if adoptions > rules.adoptions else Verdict.SAFE,
            actual=adoptions,
            limit=rules.adoptions,
            population=len(workforce.active),
            message=f"approval.always.adoptions: {adoptions} accounts, there already, would come "
            f"under management; more than {rules.adoptions} need approval",
        )


_WORDS = {
    "deactivations": "accounts would be deactivated, of {population} managed and active",
    "creates": "accounts would be created or reactivated, beside {population} managed and active",
    "updates": "accounts would be changed, of {population} managed and active",
    "role_upgrades": "accounts would get a more powerful role, of {population} managed and active",
    "adoptions": "accounts would come under management, of {population} accounts",
    "team_creates": "teams would be made, beside {population} managed",
    "team_removals": "members would be removed from teams, of {population} managed",
    "source_shrinkage": "rows are missing, of {population} in the last accepted delivery",
}


def counted(name: str, limit: Limit, actual: int, population: int) -> GuardrailResult:
    """Hold a count against its limit.

    Args:
        name: The guardrail's key in scimflow.yaml, with more in brackets behind it.
        limit: The limit.
        actual: What the plan would do.
        population: What the share is taken of.
    """
    allowed = limit.allowed(population)
    held = allowed is not None and actual > allowed
    words = _WORDS[name.partition(" ")[0]].format(population=population)
    message = f"{name}: {actual} {words}"
    message += "; no limit is set" if allowed is None else f"; the limit is {allowed}"
    if allowed is not None:
        message += f" ({_origin(limit, population)})"
    return GuardrailResult(
        name=name,
        verdict=Verdict.HELD if held else Verdict.SAFE,
        actual=actual,
        limit=allowed,
        population=population,
        message=message,
    )


def _origin(limit: Limit, population: int) -> str:
    """Which part of the limit decides, so that the reader knows what to change."""
    allowed = limit.allowed(population)
    if limit.max is not None and allowed == limit.max:
        return "max"
    if population < limit.small_population:
        return f"max_when_small, as {population} is under {limit.small_population}"
    return f"max_fraction {limit.max_fraction:g}"


def _role_changes(
    operations: tuple[Operation, ...], workforce: Workforce, path: str
) -> Counter[_RoleChange]:
    """How often each change of a role is made; a plan of any size has a handful of them."""
    touched = [o.account_id for o in operations if o.account_id is not None]
    held = dict(zip(touched, texts(workforce.roles.reindex(touched)), strict=True))
    return Counter(
        _RoleChange(o.kind, o.attributes.get(path), held.get(o.account_id or ""))
        for o in operations
    )


def _holders(
    changes: Counter[_RoleChange], workforce: Workforce, rules: RoleRules, roles: tuple[str, ...]
) -> tuple[int, int]:
    """How many active accounts hold one of some roles, before the plan and after it."""
    wanted = {_plain(role) for role in roles}
    shown = [role for role in workforce.roles.dropna().unique() if _plain(role) in wanted]
    before = after = int((is_in(workforce.roles, shown) & workforce.active).sum())
    for change, times in changes.items():
        was = change.is_of_active and _plain(change.held) in wanted
        becomes = change.role_after(rules.initial)
        after += times * ((_plain(becomes) in wanted) - was)
    return before, after


def _seats(
    changes: Counter[_RoleChange], workforce: Workforce, settings: Configuration
) -> GuardrailResult:
    limit = settings.guardrails.seats
    before, after = _holders(changes, workforce, settings.roles, settings.roles.paid)
    over = limit is not None and after > limit and after > before
    shown = "no limit is set" if limit is None else f"the limit is {limit}"
    return GuardrailResult(
        name="seats",
        verdict=Verdict.HELD if over else Verdict.SAFE,
        actual=after,
        limit=limit,
        population=before,
        message=f"seats: {after} paid seats would be taken, {before} are now; {shown}",
    )


def _admins(
    changes: Counter[_RoleChange], workforce: Workforce, settings: Configuration
) -> GuardrailResult:
    least = settings.guardrails.min_admins
    before, after = _holders(changes, workforce, settings.roles, settings.roles.admin)
    message = f"min_admins: {after} active admins would remain, of {before} now; at least {least} "
    message += "must"
    verdict = Verdict.SAFE
    if after < least and after < before:
        verdict = Verdict.REFUSED
    elif (remaining := before - _lost(changes, settings.roles)) < min(least, before):
        verdict = Verdict.HELD
        message += (
            f", and only {remaining} of those who are now: access is taken away before it is "
        )
        message += "given, so a promotion that fails would leave too few"
    return GuardrailResult(
        name="min_admins",
        verdict=verdict,
        actual=after,
        limit=least,
        population=before,
        message=message,
    )


def _lost(changes: Counter[_RoleChange], rules: RoleRules) -> int:
    """How many active admins are admins no more after the plan."""
    admin = {_plain(role) for role in rules.admin}
    return sum(
        times
        for change, times in changes.items()
        if change.is_of_active
        and _plain(change.held) in admin
        and _plain(change.role_after(rules.initial)) not in admin
    )


def _is_upgrade(change: _RoleChange, rules: RoleRules) -> bool:
    """Whether a more powerful role is given than the account has.

    A role that is not in `roles.order` may have any power: whoever gets one, or comes from one,
    counts as upgraded.
    """
    if change.written is None:
        return False
    role, previous = _plain(change.written), _plain(change.held or rules.initial)
    if role == previous:
        return False
    order = [_plain(each) for each in rules.order]
    if role not in order or previous not in order:
        return True
    return order.index(role) > order.index(previous)


def _plain(role: Value | None) -> str:
    """A role as it is compared; RFC 7643 section 4.1.2 makes its case meaningless."""
    return str(role or "").strip().lower()
