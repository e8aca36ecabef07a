"""The frames that cross from one step to the next: their columns and types, declared and checked.

People travel as columns until somebody changes. Text columns are Arrow-backed (`str` of pandas 3);
a missing value means "not known" and never an empty text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TEXT = "str"
WHOLE = "int64"
FLAG = "bool"

LINE = "_line"
STATE = "_state"
UNSURE = "_unsure"
WORKER_KEY = "worker_key"
ACCOUNT_ID = "account_id"
ROLE_RULE = "role_rule"
DUE = "due"
BEGAN = "began"


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """The declared columns of a frame.

    Attributes:
        name: What the frame is called in messages.
        columns: The columns that must be there, with their pandas type.
        unique: Columns whose values do not repeat and are never missing.
        more: What further columns the frame may have, in words; "" when none.
    """

    name: str
    columns: dict[str, str]
    unique: tuple[str, ...] = ()
    more: str = ""

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame when it is as declared.

        Raises:
            TypeError: Names the frame and the column: a step is wrong, not the user's input.
        """
        for column, kind in self.columns.items():
            if column not in frame.columns:
                raise TypeError(f"frame {self.name} has no column {column!r}")
            if str(frame[column].dtype) != kind:
                raise TypeError(
                    f"column {column!r} of frame {self.name} is {frame[column].dtype}, not {kind}"
                )
        if not self.more and len(frame.columns) != len(self.columns):
            extra = sorted(set(map(str, frame.columns)) - set(self.columns))
            raise TypeError(f"frame {self.name} has undeclared columns: {', '.join(extra)}")
        for column in self.unique:
            if not frame[column].is_unique:
                raise TypeError(f"column {column!r} of frame {self.name} repeats a value")
            if frame[column].hasnans:
                raise TypeError(f"column {column!r} of frame {self.name} misses a value")
        return frame


ACCEPTED = FrameSpec(
    "accepted rows",
    {LINE: WHOLE, STATE: TEXT},
    more="the contract's columns by their names, as text; `_state` is the row's WorkerState",
)
"""One export's rows that passed its contract; `_line` is the row's line in the file, from 1."""

WORKERS = FrameSpec(
    "workers",
    {WORKER_KEY: TEXT, STATE: TEXT},
    unique=(WORKER_KEY,),
    more="`SOURCE.COLUMN` for every column of a source, `SOURCE._line`, and the worker fields",
)
"""One row a person, merged from all sources. `SOURCE._line` is 0 where the source has no row about
the person; `SOURCE._unsure` tells of sources that give attributes alone whether there may be one.
"""

DESIRED = FrameSpec(
    "desired users",
    {WORKER_KEY: TEXT, "state": TEXT, "presence": TEXT, "reason": TEXT, "in_scope": FLAG},
    unique=(WORKER_KEY,),
    more="one column for each mapped attribute path, `line.SOURCE` for the rows it came from, "
    "`role_rule` for what decided the role, `due` for when a leaver's last day had ended and "
    "`began` for the first day of work (seconds since 1970, 0 where nothing says so)",
)
"""What the target should hold for each person, in worker-key order.

`presence` is worked out without regard to scope: what scope means depends on whether the person's
account is managed already, which the planner knows.

In an attribute column a missing value means "leave alone", empty text "clear". The column of an
attribute that refers to another worker's account holds that worker's key: whose account that is,
only the planner knows.
"""

ACCOUNTS = FrameSpec(
    "accounts",
    {
        ACCOUNT_ID: TEXT,
        "user_name": TEXT,
        "external_id": TEXT,
        "email": TEXT,
        "active": FLAG,
        "version": TEXT,
    },
    unique=(ACCOUNT_ID,),
    more="one column for each owned attribute path, as the target gave it",
)
"""The target's present accounts, in account-id order."""

LINKS = FrameSpec(
    "account links",
    {WORKER_KEY: TEXT, ACCOUNT_ID: TEXT, "user_name": TEXT, "external_id": TEXT},
    unique=(WORKER_KEY, ACCOUNT_ID),
)
"""The ledger's word on who has which account."""

CORRELATION = FrameSpec(
    "correlation",
    {WORKER_KEY: TEXT, ACCOUNT_ID: TEXT, "key": TEXT, "outcome": TEXT},
    unique=(WORKER_KEY,),
)
"""Each worker with the account that is theirs, and by what: see CorrelationOutcome."""
