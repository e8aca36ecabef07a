"""What an employment means on a given day: joiner, employed, on leave, leaver.

In: the accepted rows of the employment source and the day. Out: for each row the worker's state,
whether the target should hold an active account, and why. The rules in their order are `decide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.columns import is_in, put
from data_contracts.configuration import Lifecycle
from data_contracts.dates import ISO, read_days
from data_contracts.export_contract import ExportContract, WorkerField
from data_contracts.frames import LINE, STATE
from data_contracts.words import Presence, WorkerState

PRESENCE = "_presence"
REASON = "_reason"
FIRST_DAY = "_first_day"
"""What is added to an export's rows; no export's own column may be hidden by it."""

UNREADABLE = "date-unreadable"
"""Reason code of a person whose first or last day the contract's format cannot read."""

_RANK = {Presence.PRESENT: 0, Presence.KEPT: 1, Presence.ABSENT: 2, Presence.WAITING: 4}
_LEAVER_RANK = 3
"""Of several employments the open one counts; an ended one before one that has yet to begin, since
nobody works (and nobody should read on) in between."""


@dataclass(frozen=True, slots=True)
class Employments:
    """Rows of the employment source with what they mean on the day.

    Attributes:
        rows: The accepted rows with `_state`, `_presence`, `_reason` and `_first_day`.
        zone_days: The day used for each zone that differs from the company's.
    """

    rows: pd.DataFrame
    zone_days: Mapping[str, date]


def judge_employments(
    accepted: pd.DataFrame, contract: ExportContract, settings: Lifecycle, as_of: AsOf
) -> Employments:
    """Work out what each row means on the day.

    Args:
        accepted: Frame `frames.ACCEPTED` of the employment source.
        contract: Its contract, for the meaning of columns and the format of dates.
        settings: `lifecycle` of the settings.
        as_of: The day.

    Returns:
        The same rows, in the same order, judged.
    """
    today, zone_days = _days(accepted, contract, settings, as_of)
    hired, hired_unread = _dates(accepted, contract, WorkerField.HIRE_DATE)
    again, again_unread = _dates(accepted, contract, WorkerField.REHIRE_DATE)
    first = hired.where(~(again > hired) & hired.notna(), again)  # the later, if there are two
    last, last_unread = _dates(accepted, contract, WorkerField.LAST_DAY)
    back, back_unread = _dates(accepted, contract, WorkerField.LEAVE_END)
    declared = accepted[STATE].fillna(WorkerState.ACTIVE).astype("str")
    judged = decide(declared, first, last, back, today, settings)
    # no date and a date that cannot be read are not the same: the second may end an employment
    unread = (hired_unread | again_unread | last_unread) & (declared != WorkerState.LEAVER)
    unread |= back_unread & (declared == WorkerState.ON_LEAVE)
    rows = accepted.assign(
        **{
            STATE: judged["state"],
            PRESENCE: judged["presence"].mask(unread, str(Presence.KEPT)),
            REASON: judged["reason"].mask(unread, UNREADABLE),
            FIRST_DAY: first,
        },
    )
    return Employments(rows, zone_days)


def decide(
    declared: pd.Series,
    first: pd.Series,
    last: pd.Series,
    leave_end: pd.Series,
    today: pd.Series,
    settings: Lifecycle,
) -> pd.DataFrame:
    """The rules of lifecycle; the first that holds decides.

    Args:
        declared: WorkerState that the export's status says.
        first: First day of work, or missing.
        last: Last day of work, or missing; one before the first day belongs to the employment
            before a rehire: nobody works in between, and from the first day it does not count.
        leave_end: Last day of a leave, or missing; the status often lags behind it by days.
        today: The day, in each person's own zone.
        settings: `lifecycle` of the settings.

    Returns:
        Columns `state`, `presence`, `reason`, as text.
    """
    ahead = first > today
    too_early = ahead & (first - pd.to_timedelta(settings.prehire_days, unit="D") > today)
    ended = (last < today) & (~(first > last) | too_early)
    future = declared == WorkerState.FUTURE
    away = (declared == WorkerState.ON_LEAVE) & ~(leave_end < today)
    on_leave = Presence.PRESENT if settings.on_leave == "keep" else Presence.ABSENT
    suspended = Presence.KEPT if settings.suspended == "keep" else Presence.ABSENT
    rules: list[tuple[pd.Series, WorkerState, Presence, str]] = [
        (declared == WorkerState.LEAVER, WorkerState.LEAVER, Presence.ABSENT, "status-leaver"),
        (ended, WorkerState.LEAVER, Presence.ABSENT, "last-day-passed"),
        (declared == WorkerState.SUSPENDED, WorkerState.SUSPENDED, suspended, "suspended"),
        (too_early, WorkerState.FUTURE, Presence.WAITING, "before-first-day"),
        (away, WorkerState.ON_LEAVE, on_leave, "on-leave"),
        (ahead, WorkerState.FUTURE, Presence.PRESENT, "prehire"),
        (future & first.isna(), WorkerState.FUTURE, Presence.WAITING, "no-first-day"),
    ]
    masks = [mask.to_numpy(dtype=bool) for mask, *_ in rules]
    otherwise = (WorkerState.ACTIVE, Presence.PRESENT, "employed")
    columns = {
        name: np.select(masks, [str(rule[1:][i]) for rule in rules], default=str(otherwise[i]))
        for i, name in enumerate(("state", "presence", "reason"))
    }
    return pd.DataFrame(columns, index=declared.index).astype("str")


def one_per_person(employments: Employments, key: str) -> pd.DataFrame:
    """Keep one employment of each person: the open one, of several the one begun last.

    Args:
        employments: Judged rows.
        key: Column that identifies the person.

    Returns:
        One row a person, in the order of the file.
    """
    rows = employments.rows
    if rows[key].is_unique:
        return rows
    rank = rows[PRESENCE].map({str(k): v for k, v in _RANK.items()}).astype("int64")
    leaver = (rows[STATE] == WorkerState.LEAVER).to_numpy(dtype=bool)
    order = pd.DataFrame(
        {
            "key": rows[key],
            "rank": np.where(leaver, _LEAVER_RANK, rank),
            "first": rows[FIRST_DAY],
            "line": rows[LINE],
        }
    ).sort_values(
        ["rank", "first", "line"],
        ascending=[True, False, True],
        kind="stable",
        na_position="last",
    )
    chosen = ~order.duplicated(subset="key", keep="first")
    return rows.loc[order.index[chosen].sort_values()]


def ended_employments(
    accepted: pd.DataFrame, contract: ExportContract, settings: Lifecycle, as_of: AsOf
) -> pd.Series:
    """When the last day of each leaver ended.

    Args:
        accepted: Frame `frames.ACCEPTED` of the employment source.
        contract: Its contract.
        settings: `lifecycle` of the settings.
        as_of: The day.

    Returns:
        Moments (UTC) by worker key: the midnight after the last day, in the leaver's own time zone.
        A leaver without a last day that can be read is not among them.
    """
    judged = judge_employments(accepted, contract, settings, as_of)
    return last_days_ended(one_per_person(judged, contract.key), contract, settings)


def last_days_ended(rows: pd.DataFrame, contract: ExportContract, settings: Lifecycle) -> pd.Series:
    """The same of rows that are judged already, one a person.

    Args:
        rows: From `one_per_person`.
        contract: Their contract.
        settings: `lifecycle` of the settings.
    """
    rows = rows[rows[STATE] == WorkerState.LEAVER]
    last, _ = _dates(rows, contract, WorkerField.LAST_DAY)
    name = contract.meanings.get(WorkerField.TIME_ZONE)
    own = rows[name] if name in rows.columns else pd.Series(None, index=rows.index, dtype="str")
    zones = own.fillna(settings.time_zone)
    after = (last + pd.Timedelta(days=1)).dropna()
    ended = pd.Series(pd.NaT, index=after.index, dtype="datetime64[us, UTC]")
    for zone in zones.loc[after.index].unique():
        theirs = after[zones.loc[after.index] == zone]
        midnight = theirs.dt.tz_localize(str(zone), ambiguous=False, nonexistent="shift_forward")
        ended.loc[theirs.index] = midnight.dt.tz_convert("UTC")
    return ended.set_axis(rows.loc[after.index, contract.key])


def _dates(
    rows: pd.DataFrame, contract: ExportContract, meaning: WorkerField
) -> tuple[pd.Series, pd.Series]:
    """A date column by its meaning, as the contract says dates are written, and what it misses.

    An hour behind the day is dropped: somebody who begins at nine is employed at midnight.
    """
    name = contract.meanings.get(meaning)
    if name is None or name not in rows.columns:
        none = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        return none, pd.Series(False, index=rows.index)
    column = contract.column(name)
    text = put(rows[name], is_in(rows[name], column.sentinels), None)
    days = read_days(text, column.dates or ISO)
    return days, text.notna() & days.isna()


def read_day_column(
    rows: pd.DataFrame, contract: ExportContract, meaning: WorkerField
) -> pd.Series:
    """A date column by its meaning; missing where there is none, or none that can be read."""
    return _dates(rows, contract, meaning)[0]


def _days(
    rows: pd.DataFrame, contract: ExportContract, settings: Lifecycle, as_of: AsOf
) -> tuple[pd.Series, dict[str, date]]:
    """What day it is for each person, and the zones whose day is another than the company's."""
    default = as_of.local_day(settings.time_zone)
    today = pd.Series(pd.Timestamp(default), index=rows.index, dtype="datetime64[us]")
    name = contract.meanings.get(WorkerField.TIME_ZONE)
    if name is None or name not in rows.columns:
        return today, {}
    zones = {str(z): as_of.local_day(str(z)) for z in rows[name].dropna().unique()}
    other = {zone: day for zone, day in sorted(zones.items()) if day != default}
    for zone, day in other.items():
        today = today.mask(rows[name] == zone, pd.Timestamp(day))
    return today, other
