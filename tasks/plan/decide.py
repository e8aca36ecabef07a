"""What is to be done for each person: the rules that turn a comparison into masks of operations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.columns import is_in, put
from data_contracts.finding import Finding
from data_contracts.words import CorrelationOutcome, OperationKind, Presence
from tasks.plan.correlate import Correlation
from tasks.plan.course import Circumstances, Course
from tasks.plan.operations import Comparison


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, as masks over the people.

    Attributes:
        presence: What the target should hold for each, everything considered.
        reason: Why, as a code.
        chosen: For each kind of operation who gets one; nobody gets two.
        linked: Whose account the ledger links.
        adopted: Whose account comes under management by this plan.
        findings: What a person should know about those for whom nothing is done.
        left: Whose adopted account is an inactive one of somebody who has left.
    """

    presence: pd.Series
    reason: pd.Series
    chosen: Mapping[OperationKind, pd.Series]
    linked: pd.Series
    adopted: pd.Series
    findings: tuple[Finding, ...]
    left: pd.Series | None = None


def decide(
    comparison: Comparison,
    correlation: Correlation,
    circumstances: Circumstances,
    course: Course,
) -> Decision:
    """Decide for each person what is done.

    Args:
        comparison: Everybody's desired and present columns.
        correlation: Whose account is whose.
        circumstances: What decides beside them.
        course: What the target should hold for each, everything considered.

    Returns:
        The decision. Nobody whose identity is uncertain, who is protected, or who is neither in
        scope nor managed is in any mask.
    """
    active, outcome = comparison.present["active"], correlation.frame["outcome"]
    linked = outcome == CorrelationOutcome.LINKED
    has_account = linked | (outcome == CorrelationOutcome.MATCHED)
    present = course.presence == Presence.PRESENT
    absent = course.presence == Presence.ABSENT
    differs = pd.Series(False, index=outcome.index)
    for mask in comparison.changed.values():
        differs = differs | mask
    chosen = {
        OperationKind.DEACTIVATE: absent & has_account & active,
        OperationKind.UPDATE: present & has_account & active & differs,
        OperationKind.REACTIVATE: present & has_account & ~active,
        OperationKind.CREATE: who_is_created(course, correlation),
    }
    adopted = has_account & ~linked & (present | (absent & active))
    ours = is_in(course.keys, circumstances.deactivated_by_us)
    reason = _operation_reasons(course, chosen, adopted, correlation.gone, ours)
    return Decision(course.presence, reason, chosen, linked, adopted, tuple(course.findings))


def link_alone(
    decision: Decision, active: pd.Series, has_account: pd.Series, ours: pd.Series
) -> Decision:
    """Leave nothing to be written: what is left is whose account is whose, for the ledger.

    Somebody who has left by the exports and whose account is inactive counts as deactivated by
    scimflow, which would have done so; whoever else has an inactive account does not.

    Args:
        decision: What is to be done.
        active: Whether each account is active.
        has_account: Who has one for certain.
        ours: Whose account the ledger has as deactivated.
    """
    absent = decision.presence == Presence.ABSENT
    certain = has_account & (absent | (decision.presence == Presence.PRESENT))
    left = absent & ~active
    return replace(
        decision,
        chosen={kind: mask & False for kind, mask in decision.chosen.items()},
        adopted=certain & (~decision.linked | (ours != left)),
        left=left,
    )


def restrict(decision: Decision, keys: pd.Series, only: frozenset[str]) -> Decision:
    """Leave something to be done for some people alone.

    Args:
        decision: What is to be done for everybody.
        keys: Worker keys, row by row.
        only: Those for whom it is done.
    """
    wanted = is_in(keys, sorted(only))
    return replace(
        decision,
        chosen={kind: mask & wanted for kind, mask in decision.chosen.items()},
        adopted=decision.adopted & wanted,
    )


def restrict_kinds(decision: Decision, kinds: frozenset[OperationKind]) -> Decision:
    """Leave some kinds of operations to be done alone, with the adoptions that they need.

    Args:
        decision: What is to be done of every kind.
        kinds: The kinds that are done.
    """
    nobody = pd.Series(False, index=decision.adopted.index)
    chosen = {kind: m if kind in kinds else nobody for kind, m in decision.chosen.items()}
    touched = nobody
    for mask in chosen.values():
        touched = touched | mask
    return replace(decision, chosen=chosen, adopted=decision.adopted & touched)


def who_is_created(course: Course, correlation: Correlation) -> pd.Series:
    """Mask of those who should be present and have no account."""
    missing = correlation.frame["outcome"] == CorrelationOutcome.MISSING
    mask: pd.Series = (course.presence == Presence.PRESENT) & missing
    return mask


def _operation_reasons(
    course: Course,
    chosen: Mapping[OperationKind, pd.Series],
    adopted: pd.Series,
    gone: pd.Series,
    ours: pd.Series,
) -> pd.Series:
    """Codes for the operations' reasons: the lifecycle's own for deactivations."""
    reason = course.reason
    create, reactivate = chosen[OperationKind.CREATE], chosen[OperationKind.REACTIVATE]
    reason = put(reason, create & (reason != "prehire"), "joiner")
    reason = put(reason, create & gone, "account-gone")
    reason = put(put(reason, reactivate, "inactive-at-target"), reactivate & ours, "rehire")
    reason = put(reason, chosen[OperationKind.UPDATE], "mover")
    return put(reason, chosen[OperationKind.UPDATE] & adopted, "adopted")
