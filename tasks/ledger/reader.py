"""What can be read from a ledger. The planner is handed this, and so can never write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from data_contracts.access import AccessEvent
from data_contracts.acted_on import ActedOn
from data_contracts.approval import Approval, Rejection, WaitingRun
from data_contracts.batch import QuarantinedRow
from data_contracts.chain import Head, Verification
from data_contracts.correction import Correction, RecordedCorrection
from data_contracts.failing import FailingOperation
from data_contracts.learned import Learned
from data_contracts.month import DoneOperation
from data_contracts.outcome import HistoryEntry, RunRecord
from data_contracts.plan import Plan
from data_contracts.teams import TeamLink
from tasks.ledger import (
    access,
    approvals,
    batches,
    chain,
    corrections,
    failing,
    habits,
    history,
    links,
    months,
    plans,
    recorded,
    runs,
    team_links,
    verify,
)
from tasks.ledger import waiting as waits
from tasks.ledger.batches import AcceptedBatch, RecordedBatch
from tasks.ledger.database import Database
from tasks.ledger.recorded import RecordedOperation

if TYPE_CHECKING:
    import pandas as pd

RUNS_SHOWN = 50


class LedgerReader:
    """A ledger, to be read. Every method raises LedgerError when the database fails.

    Args:
        database: Of the version of this code; closed with the reader.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the ledger is, in words and without a password."""
        return self.database.location.place

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def head(self) -> Head:
        """The newest entry of the audit trail's chain."""
        with self.database.read() as connection:
            return chain.head(connection)

    def verify(
        self, heads: Collection[Head] = (), progress: Callable[[int], None] = lambda entries: None
    ) -> Verification:
        """Walk the whole audit trail: is every row what was written, and is nothing else there?

        Args:
            heads: Heads that were noted outside of the ledger: the chain has to lead to each.
            progress: Told now and then how many entries were walked.
        """
        with self.database.snapshot() as connection:
            return verify.verify(connection, heads, progress)

    def runs(self, limit: int = RUNS_SHOWN, *, target: str | None = None) -> list[RunRecord]:
        """The last runs, newest first; of all targets, unless one is named."""
        with self.database.read() as connection:
            return runs.latest(connection, limit, target)

    def run(self, run_id: str) -> RunRecord | None:
        """A run by its id, or by a beginning that only one id has; None when there is none.

        Raises:
            ConfigurationError: Several ids begin so.
        """
        with self.database.read() as connection:
            return runs.find(connection, run_id)

    def runs_of_day(self, target: str, flow: str, as_of: date) -> list[RunRecord]:
        """The runs of a flow for one day, newest first."""
        with self.database.read() as connection:
            return runs.of_day(connection, target, flow, as_of.isoformat())

    def batches(self, run_id: str) -> list[RecordedBatch]:
        """The deliveries that a run read, by source."""
        with self.database.read() as connection:
            return batches.of_run(connection, run_id)

    def knows_delivery(self, target: str, source: str, digest: str) -> bool:
        """Whether a run of the target has read this delivery of a source, whatever came of it."""
        with self.database.read() as connection:
            return batches.is_known(connection, target, source, digest)

    def quarantined(self, run_id: str) -> list[QuarantinedRow]:
        """The rows that a run set aside, by source and line, without cells and identities."""
        with self.database.read() as connection:
            return batches.quarantined_of(connection, run_id)

    def corrections(self, target: str, source: str) -> list[Correction]:
        """The corrections of a source that count, oldest first, with their cells.

        Raises:
            LedgerError: What is kept of one is not what was replayed.
        """
        with self.database.read() as connection:
            return list(corrections.counting(connection, target, source, self.place))

    def correction_trail(self, target: str) -> list[RecordedCorrection]:
        """Everything that was replayed or withdrawn, oldest first, without cells."""
        with self.database.read() as connection:
            return corrections.read(connection, target)

    def last_accepted_batch(
        self, target: str, source: str, *, before: date | None = None
    ) -> AcceptedBatch | None:
        """The last delivery that was acted on, to measure shrinkage against; None before any.

        It counts once a plan made from it was carried out, at least in part; see
        `tasks.ledger.batches.last_accepted` for why. With `before`, of the days before that one.
        """
        with self.database.read() as connection:
            return batches.last_accepted(connection, target, source, before)

    def paths_acted_on(self, target: str, source: str) -> list[str]:
        """The files of a source from which plans were made that were carried out."""
        with self.database.read() as connection:
            return batches.paths_acted_on(connection, target, source)

    def last_delivery(
        self, target: str, source: str, digest: str | None = None, before: date | None = None
    ) -> ActedOn | None:
        """The last delivery that was acted on, as for `last_accepted_batch`.

        Args:
            target: Name of the target.
            source: Name of the source.
            digest: The last time that this very delivery was acted on; the last of all when None.
            before: Runs for this day and later ones do not count.
        """
        with self.database.read() as connection:
            return batches.last_delivery(connection, target, source, digest, before)

    def plan(self, digest: str) -> Plan | None:
        """A plan by its digest, or by a beginning (`sha256:` or not) that only one digest has.

        Raises:
            ConfigurationError: Several digests begin so.
            LedgerError: What is kept is not what has this digest.
        """
        with self.database.read() as connection:
            return plans.find(connection, digest, self.place)

    def keeps_plan(self, digest: str) -> bool:
        """Whether the content of a plan, by its whole digest, is still kept."""
        with self.database.read() as connection:
            return plans.is_kept(connection, digest)

    def plan_counts(self, digest: str) -> dict[str, int]:
        """The numbers of a plan, by its whole digest; they stay when its content is gone."""
        with self.database.read() as connection:
            return plans.counts(connection, digest)

    def plan_of_run(self, run_id: str) -> Plan | None:
        """The plan that a run made or carried out, by the run's id or its beginning.

        Raises:
            ConfigurationError: Several ids begin so.
            LedgerError: What is kept is not what has the plan's digest.
        """
        with self.database.read() as connection:
            return plans.of_run(connection, run_id, self.place)

    def approvals(self, digest: str) -> list[Approval]:
        """The approvals of a plan, by its whole digest, in the order in which they were given."""
        with self.database.read() as connection:
            return approvals.of_plan(connection, digest)

    def rejections(self, digest: str) -> list[Rejection]:
        """The rejections of a plan, by its whole digest, in the order in which they were made."""
        with self.database.read() as connection:
            return approvals.rejections_of_plan(connection, digest)

    def waiting_runs(self, target: str) -> list[WaitingRun]:
        """The target's runs that wait for a person's word, the longest waiting first."""
        with self.database.read() as connection:
            return waits.of_target(connection, target)

    def waiting_run(self, run_id: str) -> WaitingRun | None:
        """A waiting run by its whole id; None when it does not wait."""
        with self.database.read() as connection:
            return waits.of_run(connection, run_id)

    def waiting_prefect_run(self, prefect_run_id: str) -> WaitingRun | None:
        """The waiting run of a Prefect flow run; None when there is none."""
        with self.database.read() as connection:
            return waits.of_prefect_run(connection, prefect_run_id)

    def links(self, target: str) -> pd.DataFrame:
        """Who has which account: frame `frames.LINKS`, in worker-key order."""
        with self.database.read() as connection:
            return links.frame(connection, target)

    def links_digest(self, target: str) -> str:
        """Names these links: what `basis.links` of a plan is when made from them."""
        with self.database.read() as connection:
            return links.digest(connection, target)

    def deactivated_by_us(self, target: str) -> frozenset[str]:
        """Worker keys of those whose last successful operation was a deactivation."""
        with self.database.read() as connection:
            return links.deactivated(connection, target)

    def team_links(self, target: str) -> tuple[TeamLink, ...]:
        """Which teams are managed, by team key."""
        with self.database.read() as connection:
            return team_links.read(connection, target)

    def open_team_intents(self, target: str) -> list[RecordedOperation]:
        """Operations on teams whose end is not known, oldest first; as `open_intents`."""
        with self.database.read() as connection:
            return recorded.open_intents(connection, target, on_teams=True)

    def open_intents(self, target: str) -> list[RecordedOperation]:
        """Operations on accounts whose end is not known, oldest first.

        Those with an intent and no outcome (`result` is None: the run ended in the middle), and
        those whose outcome is `unknown`.
        """
        with self.database.read() as connection:
            return recorded.open_intents(connection, target)

    def failed_last(self, target: str) -> list[RecordedOperation]:
        """What the last run that carried out a plan did not bring about, `skipped` included."""
        with self.database.read() as connection:
            return recorded.failed_last(connection, target)

    def failing(self, target: str) -> dict[str, FailingOperation]:
        """Whose operations failed in the last runs that tried them, by worker key."""
        with self.database.read() as connection:
            return failing.read(connection, target)

    def learned(self, target: str, always_compared: Iterable[str] = ()) -> Learned:
        """What earlier writes showed of a target.

        Args:
            target: Name of the target.
            always_compared: Attribute paths that nothing is learned about.
        """
        with self.database.read() as connection:
            seen = habits.habits(connection, target), habits.rewrites(connection, target)
        return Learned.of(*seen, always_compared=always_compared)

    def failed_of_run(self, run_id: str) -> list[RecordedOperation]:
        """What a run, by its whole id, did not bring about and no later run has settled."""
        with self.database.read() as connection:
            return recorded.failed_of_run(connection, run_id)

    def access(self, target: str, person: str | None = None) -> list[AccessEvent]:
        """Changes of access, oldest first: of everybody, or of one person.

        Args:
            target: Name of the target.
            person: Worker key, account id or userName (any case, also a former one).
        """
        with self.database.read() as connection:
            keys = None if person is None else history.workers(connection, target, person)
            keys = None if keys is None else history.with_former(connection, target, keys)
            return access.read(connection, target, keys)

    def done(self, target: str, since: datetime, until: datetime) -> list[DoneOperation]:
        """The last word on each operation on accounts of a time, oldest first."""
        with self.database.read() as connection:
            return months.done(connection, target, since, until)

    def set_aside(
        self, target: str, since: datetime, until: datetime
    ) -> list[tuple[str, QuarantinedRow]]:
        """The rows that runs of a time set aside, with the runs' ids."""
        with self.database.read() as connection:
            return months.set_aside(connection, target, since, until)

    def runs_between(self, target: str, since: datetime, until: datetime) -> list[RunRecord]:
        """The runs begun in a time, oldest first."""
        with self.database.read() as connection:
            return runs.between(connection, target, since, until)

    def rejected(self, target: str, since: datetime, until: datetime) -> int:
        """How many plans were rejected in a time."""
        with self.database.read() as connection:
            return months.rejected(connection, target, since, until)

    def workers(self, target: str, person: str) -> list[str]:
        """Worker keys of those who have, or once had, this key, account id or userName."""
        with self.database.read() as connection:
            return history.workers(connection, target, person)

    def history(
        self,
        target: str,
        *,
        person: str | None = None,
        run: str | None = None,
        limit: int | None = None,
    ) -> list[HistoryEntry]:
        """The newest lines of the audit trail, oldest first.

        Args:
            target: Name of the target.
            person: Worker key, account id or userName (any case, also a former one).
            run: Id of the run, or a beginning that only one id has; of a backfill also what its
                days did.
            limit: At most so many lines; None for all.

        Raises:
            ConfigurationError: Several runs' ids begin so.
        """
        with self.database.read() as connection:
            if run is None:
                return history.read(connection, target, person, None, limit)
            found = runs.find(connection, run)
            if found is None:
                return []
            lines = history.read(connection, target, person, found.run_id, limit)
            for part in runs.parts_of(connection, found.run_id):
                lines += history.read(connection, target, person, part.run_id, limit)
            lines.sort(key=lambda line: line.at)
            return lines if limit is None else lines[max(len(lines) - limit, 0) :]
