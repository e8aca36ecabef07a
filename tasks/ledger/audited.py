"""What the chain covers: each audit table, its key, and which of its columns may name a person.

Columns that may name a person are digested apart from the others. So a purge can put a pseudonym
into them, and prove at the same time that it touched nothing else.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from tasks.ledger.correction_schema import correction
from tasks.ledger.schema import (
    UtcDateTime,
    approval,
    batch,
    exchange,
    link_event,
    operation,
    operation_event,
    plan,
    quarantined_row,
    rejection,
    run,
    run_plan,
)
from tasks.ledger.team_schema import team_link_event, team_member

RUN = "run"
RUN_END = "run_end"
"""A run is two items: its beginning, and its end."""

ENDINGS = ("ended_at", "state", "plan_digest", "counts", "message")
"""Columns of `run` that its end writes; `state` and `message` change while it goes on."""

PERSONAL: dict[str, tuple[str, ...]] = {
    RUN_END: ("message",),
    "batch": ("refusals",),
    "quarantined_row": ("worker_key", "reasons"),
    "operation": (
        "operation_id",
        "worker_key",
        "account_id",
        "user_name",
        "user_name_folded",
        "external_id",
        "explanation",
    ),
    "operation_event": ("detail", "verified", "account_id"),
    "exchange": ("path",),
    "link_event": ("worker_key", "account_id", "user_name", "user_name_folded", "external_id"),
    "team_member": ("worker_key", "account_id", "reason"),
    "approval": ("note",),
    "rejection": ("note",),
    "correction": ("worker_key", "reasons", "note"),
}
"""Columns that hold an identifier of a person, or words in which one may stand. Who approved and
who corrected is not among them: an audit trail that forgets who decided is none."""


@dataclass(frozen=True, slots=True)
class Audited:
    """Something that the chain covers.

    Attributes:
        name: What the chain's entries call it: the table, or `run_end`.
        table: Where it stands.
        key: The column by which a row is found.
        plain: Columns that name nobody; the key is one of them.
        personal: Columns that may name a person.
        moments: Columns among those that hold a moment.
    """

    name: str
    table: sa.Table
    key: sa.Column[object]
    plain: tuple[str, ...]
    personal: tuple[str, ...]
    moments: tuple[str, ...]

    @property
    def is_numbered(self) -> bool:
        """Whether the ledger numbers the rows itself."""
        return self.key.name == "id"


def _audited(name: str, table: sa.Table, columns: tuple[str, ...]) -> Audited:
    (key,) = table.primary_key.columns
    personal = PERSONAL.get(name, ())
    names = dict.fromkeys(str(column) for column in (key.name, *columns))
    plain = tuple(column for column in names if column not in personal)
    moments = tuple(c for c in (*plain, *personal) if isinstance(table.c[c].type, UtcDateTime))
    return Audited(str(name), table, key, plain, personal, moments)


_WHOLE = (
    batch,
    quarantined_row,
    plan,
    run_plan,
    operation,
    operation_event,
    exchange,
    link_event,
    team_link_event,
    team_member,
    approval,
    rejection,
    correction,
)

AUDITED: dict[str, Audited] = {
    each.name: each
    for each in (
        _audited(RUN, run, tuple(c.name for c in run.c if c.name not in ENDINGS)),
        _audited(RUN_END, run, ENDINGS),
        *(_audited(table.name, table, tuple(table.c.keys())) for table in _WHOLE),
    )
}
"""By name, a run first: in the order in which rows refer to one another."""
