"""From changes of access to the intervals in which somebody had it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_contracts.access import AccessChange, AccessEvent, AccessInterval, Cause

COLUMNS = (
    "worker_key",
    "user_name",
    "account_id",
    "role",
    "begin",
    "end",
    "begin_reason",
    "begin_explanation",
    "begin_rows",
    "begin_file_digests",
    "begin_rule",
    "begin_run",
    "begin_plan",
    "begin_approved_by",
    "end_reason",
    "end_explanation",
    "end_rows",
    "end_file_digests",
    "end_run",
    "end_plan",
    "end_approved_by",
    "due",
)
"""Columns of an export, one row an interval; several values of a cell stand behind one another."""


MOMENTS = {"begin": "begin", "end": "end", "due": "due"}
"""Those that hold a moment, with the interval's attribute."""


def intervals(events: Iterable[AccessEvent]) -> list[AccessInterval]:
    """Work out who had access from when to when.

    Args:
        events: In the order in which they happened.

    Returns:
        By worker key, then by time. Access ends with a deactivation and where scimflow let go of
        the account; a change of role ends one interval and begins the next.
    """
    open_: dict[str, AccessInterval] = {}
    found: list[AccessInterval] = []
    handed_on: dict[tuple[str, datetime], str] = {}  # the role of an account that somebody leaves
    for event in events:
        before = open_.pop(event.worker_key, None)
        ends = event.change in (AccessChange.ENDED, AccessChange.LET_GO)
        if before is not None:
            same = event.account_id == before.account_id
            if not ends and same and event.role in ("", before.role):
                open_[event.worker_key] = before
                continue
            due = event.due if ends else None
            found.append(replace(before, end=event.at, ended=event.cause, due=due))
            if event.change is AccessChange.LET_GO:
                handed_on[before.account_id, event.at] = before.role
        if not ends:
            role = handed_on.get((event.account_id, event.at), "")
            open_[event.worker_key] = _begun(event, before, role)
    found += open_.values()
    return sorted(found, key=lambda each: (each.worker_key, each.begin, each.account_id))


def _begun(event: AccessEvent, before: AccessInterval | None, handed_on: str) -> AccessInterval:
    """An interval; the role of an account that goes on with its person to another key stays."""
    same = before is not None and before.account_id == event.account_id
    kept = before.role if before is not None and same else handed_on
    return AccessInterval(
        worker_key=event.worker_key,
        account_id=event.account_id,
        user_name=event.user_name,
        role=event.role or kept,
        begin=event.at,
        end=None,
        begun=event.cause,
        ended=None,
    )


def chosen(
    found: Iterable[AccessInterval],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    role: str | None = None,
) -> list[AccessInterval]:
    """Choose the intervals of a time and of a role.

    Args:
        found: Intervals.
        since: Those that lasted longer; None for all.
        until: Those that began before; None for all.
        role: Those with this role, in any case; None for all.
    """
    return [
        each
        for each in found
        if each.overlaps(since, until) and (role is None or each.role.lower() == role.lower())
    ]


def access_rows(found: Sequence[AccessInterval]) -> list[dict[str, Any]]:
    """One plain row an interval, with the columns of `COLUMNS`; moments in ISO form."""
    return [dict(zip(COLUMNS, _cells(each), strict=True)) for each in found]


def _cells(each: AccessInterval) -> tuple[Any, ...]:
    ended = each.ended or Cause()
    begun = each.begun
    return (
        each.worker_key,
        each.user_name,
        each.account_id,
        each.role,
        each.begin.isoformat(),
        each.end.isoformat() if each.end else None,
        begun.reason,
        begun.explanation,
        "; ".join(begun.rows),
        "; ".join(begun.digests),
        begun.rule,
        begun.run_id,
        begun.plan_digest,
        "; ".join(begun.approved_by),
        ended.reason,
        ended.explanation,
        "; ".join(ended.rows),
        "; ".join(ended.digests),
        ended.run_id,
        ended.plan_digest,
        "; ".join(ended.approved_by),
        each.due.isoformat() if each.due else None,
    )
