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
from data_contracts.configuration import Lifecycle
from data_contracts.export_contract import ExportContract, WorkerField
from data_contracts.frames import LINE, STATE
from data_contracts.words import Presence, WorkerState

_RANK = {Presence.PRESENT: 0, Presence.KEPT: 1, Presence.ABSENT: 2, Presence.WAITING: 4}
_LEAVER_RANK = 3
"""Of several employments the open one counts; an ended one before one that has yet to begin, since
nobody works (and nobody should read on) in between."""


@dataclass(frozen=True, slots=True)
class Employments:
    """Rows of the employment source with what they mean on the day.

    Attributes:
        rows: The accepted rows with `_state`, `presence`, `reason` and `first_day`.
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
    first = _dates(accepted, contract, WorkerField.HIRE_DATE)
    last = _dates(accepted, contract, WorkerField.LAST_DAY)
    declared = accepted[STATE].fillna(WorkerState.ACTIVE).astype("str")
    judged = decide(declared, first, last, today, settings)
    rows = accepted.assign(
        **{STATE: judged["state"], "presence": judged["presence"], "reason": judged["reason"]},
        first_day=first,
    )
    return Employments(rows, zone_days)


def decide(
    declared: pd.Series, first: pd.Series, last: pd.Series, today: pd.Series, settings: Lifecycle
) -> pd.DataFrame:
    """The rules of lifecycle; the first that holds decides.

    Args:
        declared: WorkerState that the export's status says.
        first: First day of work, or missing.
        last: Last day of work, or missing; one before the first day belongs to an employment
            before a rehire and does not count.
        today: The day, in each person's own zone.
        settings: `lifecycle` of the settings.

    Returns:
        Columns `state`, `presence`, `reason`, as text.
    """
    ended = (last < today) & ~(first > last)
    ahead = first > today
    arrived = first - pd.to_timedelta(settings.prehire_days, unit="D") <= today
    future = declared == WorkerState.FUTURE
    on_leave = Presence.PRESENT if settings.on_leave == "keep" else Presence.ABSENT
    suspended = Presence.KEPT if settings.suspended == "keep" else Presence.ABSENT
    rules: list[tuple[pd.Series, WorkerState, Presence, str]] = [
        (declared == WorkerState.LEAVER, WorkerState.LEAVER, Presence.ABSENT, "status-leaver"),
        (ended, WorkerState.LEAVER, Presence.ABSENT, "last-day-passed"),
        (ahead & arrived, WorkerState.FUTURE, Presence.PRESENT, "prehire"),
        (ahead, WorkerState.FUTURE, Presence.WAITING, "before-first-day"),
        (future & first.isna(), WorkerState.FUTURE, Presence.WAITING, "no-first-day"),
        (declared == WorkerState.ON_LEAVE, WorkerState.ON_LEAVE, on_leave, "on-leave"),
        (declared == WorkerState.SUSPENDED, WorkerState.SUSPENDED, suspended, "suspended"),
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
    rank = rows["presence"].map({str(k): v for k, v in _RANK.items()}).astype("int64")
    leaver = (rows[STATE] == WorkerState.LEAVER).to_numpy(dtype=bool)
    order = rows.assign(
        _rank=np.where(leaver, _LEAVER_RANK, rank),
        _since=-rows["first_day"].fillna(pd.Timestamp.min).astype("int64"),
    ).sort_values(["_rank", "_since", LINE], kind="stable")
    chosen = ~order.duplicated(subset=key, keep="first")
    return rows.loc[order.index[chosen].sort_values()]


def _dates(rows: pd.DataFrame, contract: ExportContract, meaning: WorkerField) -> pd.Series:
    """A date column by its meaning, as the contract says dates are written."""
    name = contract.meanings.get(meaning)
    if name is None or name not in rows.columns:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    form = contract.column(name).date_format or "%Y-%m-%d"
    parsed = pd.to_datetime(rows[name], format=form, errors="coerce", exact=True)
    return parsed.astype("datetime64[us]")


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
