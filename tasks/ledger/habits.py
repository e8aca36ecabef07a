"""How a target dealt with attributes in all writes, and what it made of values that it rewrote."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.learned import Habit, Rewrite
from data_contracts.outcome import Outcome
from data_contracts.words import TeamOperationKind
from tasks.ledger.schema import attribute_habit, attribute_rewrite

_ADD_TO_HABIT = (
    sa.update(attribute_habit)
    .where(
        attribute_habit.c.target == sa.bindparam("of_target"),
        attribute_habit.c.path == sa.bindparam("of_path"),
    )
    .values(
        kept=attribute_habit.c.kept + sa.bindparam("more_kept"),
        ignored=attribute_habit.c.ignored + sa.bindparam("more_ignored"),
        rewritten=attribute_habit.c.rewritten + sa.bindparam("more_rewritten"),
    )
)
_FORGET_REWRITE = sa.delete(attribute_rewrite).where(
    attribute_rewrite.c.target == sa.bindparam("of_target"),
    attribute_rewrite.c.account_id == sa.bindparam("of_account"),
    attribute_rewrite.c.path == sa.bindparam("of_path"),
)


class Seen:
    """What a run's writes showed, gathered until it is written.

    Most writes show nothing but that all is kept. Counting that in every commit would cost as much
    as the outcome itself, so it goes to the ledger with the next write that was not taken over
    (`is_urgent`), and at the run's end. A run that is killed in between loses counts, and no more.
    """

    def __init__(self) -> None:
        self.is_urgent = False
        self._habits: dict[str, list[int]] = {}
        self._rewrites: dict[tuple[str, str], tuple[Rewrite, datetime]] = {}

    def __bool__(self) -> bool:
        return bool(self._habits)

    def take(self, outcome: Outcome, at: datetime) -> None:
        """Take in what one outcome shows; one about a team says nothing of accounts' attributes."""
        if isinstance(outcome.kind, TeamOperationKind):
            return
        rewritten = {rewrite.path: rewrite for rewrite in outcome.rewritten}
        ignored = [path for path in outcome.not_retained if path not in rewritten]
        for position, paths in enumerate((outcome.kept, ignored, rewritten)):
            for path in paths:
                self._habits.setdefault(path, [0, 0, 0])[position] += 1
        for path, rewrite in rewritten.items():
            self._rewrites[outcome.account_id or "", path] = (rewrite, at)
        self.is_urgent = self.is_urgent or bool(rewritten or ignored)

    def write(self, connection: sa.Connection, target: str, run_id: str) -> None:
        """Write what was gathered.

        Args:
            connection: A writing transaction; what was gathered is forgotten with `clear`, once it
                is committed.
            target: Name of the target.
            run_id: The run whose writes showed it.
        """
        if not self._habits:
            return
        query = sa.select(attribute_habit.c.path).where(attribute_habit.c.target == target)
        known = set(connection.scalars(query))
        new = [path for path in self._habits if path not in known]
        names = ("kept", "ignored", "rewritten")
        if new:
            none = dict.fromkeys(names, 0)
            rows = [{"target": target, "path": path, **none} for path in new]
            connection.execute(sa.insert(attribute_habit), rows)
        more = tuple(f"more_{name}" for name in names)
        connection.execute(
            _ADD_TO_HABIT,
            [
                {"of_target": target, "of_path": path, **dict(zip(more, counts, strict=True))}
                for path, counts in self._habits.items()
            ],
        )
        self._write_rewrites(connection, target, run_id)

    def _write_rewrites(self, connection: sa.Connection, target: str, run_id: str) -> None:
        if not self._rewrites:
            return
        keys = [
            {"of_target": target, "of_account": account, "of_path": path}
            for account, path in self._rewrites
        ]
        connection.execute(_FORGET_REWRITE, keys)
        rows: list[dict[str, Any]] = [
            {
                "target": target,
                "account_id": account,
                "path": path,
                "meant": rewrite.meant,
                "held": rewrite.held,
                "run_id": run_id,
                "at": at,
            }
            for (account, path), (rewrite, at) in self._rewrites.items()
        ]
        connection.execute(sa.insert(attribute_rewrite), rows)

    def clear(self) -> None:
        """Begin anew: what was gathered is in the ledger."""
        self._habits.clear()
        self._rewrites.clear()
        self.is_urgent = False


def habits(connection: sa.Connection, target: str) -> list[Habit]:
    """Read how a target dealt with each attribute, by path."""
    table = attribute_habit
    query = sa.select(table.c.path, table.c.kept, table.c.ignored, table.c.rewritten)
    rows = connection.execute(query.where(table.c.target == target))
    return sorted((Habit(*row) for row in rows), key=lambda habit: habit.path)


def rewrites(connection: sa.Connection, target: str) -> Iterable[tuple[str, Rewrite]]:
    """Read what a target made of each account's values that it rewrote."""
    table = attribute_rewrite
    query = sa.select(table.c.account_id, table.c.path, table.c.meant, table.c.held)
    rows = connection.execute(query.where(table.c.target == target))
    return [(account, Rewrite(path, meant, held)) for account, path, meant, held in rows]
