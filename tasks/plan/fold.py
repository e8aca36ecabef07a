"""The plans of many days folded into one: what is left to be done when all of them are done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from data_contracts.configuration import Configuration
from data_contracts.frames import ACCOUNT_ID
from data_contracts.plan import Adoption, Operation, Plan, SourceBasis, Value
from data_contracts.words import OPERATION_ORDER, OperationKind
from tasks.plan.foresee import FORESEEN
from tasks.plan.guardrails import Workforce, judge


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The plan of one day, made as if those of the days before were carried out."""

    day: date
    plan: Plan


@dataclass(slots=True)
class _Course:
    """What all days do to one person, by the first and the last word on each thing."""

    first: Operation
    first_day: date
    last: Operation
    last_day: date
    written: dict[str, Value] = field(default_factory=dict)
    before: dict[str, Value | None] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    active_at_first: bool | None = None
    active_at_last: bool = True

    @classmethod
    def begun_by(cls, operation: Operation, day: date) -> "_Course":
        created = operation.kind is OperationKind.CREATE
        was = None if created else operation.kind is not OperationKind.REACTIVATE
        return cls(operation, day, operation, day, active_at_first=was)

    def take(self, operation: Operation, day: date) -> None:
        self.last, self.last_day = operation, day
        self.active_at_last = operation.kind is not OperationKind.DEACTIVATE
        for path in {**operation.attributes, **operation.references}:
            if path == "active":
                continue
            value = operation.attributes.get(path)
            self.references.pop(path, None)
            if path in operation.references:
                self.references[path] = operation.references[path]
            if value is None or str(value).startswith(FORESEEN):
                self.written.pop(path, None)
            else:
                self.written[path] = value
            self.before.setdefault(path, operation.before.get(path))


def fold_plans(
    days: Sequence[DayPlan],
    accounts: pd.DataFrame,
    previous_rows: Mapping[str, int],
    settings: Configuration,
) -> Plan:
    """Fold the plans of days, in order, into one plan of the last day.

    Args:
        days: Each made as if those before were carried out; at least one.
        accounts: The target's accounts as they are.
        previous_rows: Rows of the last delivery before the first day, by source.
        settings: The settings.

    Returns:
        One operation at most for each person: what differs at the end from how the target is now.
        Who would be created and leave again gets no account; who leaves is deactivated without
        further changes. It is judged by the guardrails as one plan.
    """
    courses: dict[str, _Course] = {}
    adoptions: dict[str, Adoption] = {}
    for each in days:
        adoptions |= {a.worker_key: a for a in each.plan.adoptions}
        for operation in each.plan.operations:
            course = courses.get(operation.worker_key)
            if course is None:
                course = courses[operation.worker_key] = _Course.begun_by(operation, each.day)
            course.take(operation, each.day)
    last = days[-1].plan
    folded = [o for c in courses.values() if (o := _net(c, last.as_of)) is not None]
    folded.sort(key=lambda o: (OPERATION_ORDER.index(o.kind), o.worker_key))
    operations, adopted = tuple(folded), tuple(adoptions[key] for key in sorted(adoptions))
    first = days[0].plan
    return last.model_copy(
        update={
            "operations": operations,
            "adoptions": adopted,
            "basis": first.basis.model_copy(
                update={
                    "sources": last.basis.sources,
                    "beside": {**last.basis.beside, **_beside(days)},
                }
            ),
            "findings": last.findings,
            "guardrails": judge(
                operations,
                len(adopted),
                _workforce(days, accounts, previous_rows, settings),
                settings,
            ),
        }
    )


def _beside(days: Sequence[DayPlan]) -> dict[str, SourceBasis]:
    return {
        f"{each.day}/{source}": basis
        for each in days
        for source, basis in each.plan.basis.sources.items()
    }


def _net(course: _Course, last_day: date) -> Operation | None:
    """What is left of everything that was to be done to one person."""
    was, becomes = course.active_at_first, course.active_at_last
    if not becomes:
        if not was:
            return None  # there was no access, and there will be none
        return _told(
            replace(
                course.last,
                attributes={"active": False},
                before={"active": True},
                references={},
                account_id=course.first.account_id,
                fingerprint=course.first.fingerprint,
            ),
            course,
            last_day,
        )
    written = {
        path: value
        for path, value in course.written.items()
        if (value != "" if was is None else (value or None) != course.before[path])
    }
    references = {
        path: worker
        for path, worker in course.references.items()
        if path in written or path not in course.written
    }
    kind = {None: OperationKind.CREATE, True: OperationKind.UPDATE, False: OperationKind.REACTIVATE}
    if was and not written and not references:
        return None
    attributes: dict[str, Value] = dict(sorted(written.items()))
    before = {path: course.before[path] for path in sorted({**written, **references})}
    if was is None:
        before = {}
    if not was:
        attributes = {"active": True, **attributes}
    if was is False:
        before = {"active": False, **before}
    origin = course.first if not was else course.last
    return _told(
        replace(
            origin,
            kind=kind[was],
            user_name=course.last.user_name,
            account_id=course.first.account_id,
            fingerprint=course.first.fingerprint,
            correlated_by=course.first.correlated_by,
            attributes=attributes,
            before=before,
            references=references,
        ),
        course,
        last_day,
    )


def _told(operation: Operation, course: _Course, last_day: date) -> Operation:
    """Say of which days it is; rows are those of the last day's files, others are named by day."""
    began, ended = course.first_day, course.last_day
    if began == ended == last_day:
        return operation
    days = f"by the export of {began}" if began == ended else f"by exports of {began} to {ended}"
    rows = operation.rows if ended == last_day else ()
    return replace(operation, explanation=f"{operation.explanation} ({days})", rows=rows)


def _workforce(
    days: Sequence[DayPlan],
    accounts: pd.DataFrame,
    previous_rows: Mapping[str, int],
    settings: Configuration,
) -> Workforce:
    """The target as it is, the last day's rows, and those of the delivery before the first."""
    by_id = accounts.set_index(ACCOUNT_ID)
    unknown = pd.Series(None, index=by_id.index, dtype="str")
    first, last = days[0].plan, days[-1].plan
    adopted = sum(len(each.plan.adoptions) for each in days[1:])
    return Workforce(
        active=by_id["active"],
        managed_active=first.counts["accounts_managed_active"] + adopted,
        roles=by_id.get(settings.role_path, unknown),
        source_rows={name: basis.rows for name, basis in last.basis.sources.items()},
        previous_rows=previous_rows,
    )
