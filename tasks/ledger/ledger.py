"""What can be written to a ledger. Every method is one transaction: all of it, or nothing."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from data_contracts.approval import Approval, Rejection, WaitingRun
from data_contracts.batch import ContractReport
from data_contracts.correction import Replayed
from data_contracts.link_decision import LinkedAccount
from data_contracts.outcome import Outcome, RunRecord
from data_contracts.plan import Adoption, Plan
from data_contracts.purge import Pruned, Purged
from data_contracts.team_plan import TeamAdoption
from data_contracts.words import RunState
from tasks.ledger import (
    approvals,
    batches,
    corrections,
    decided,
    failing,
    links,
    operations,
    plans,
    prune,
    purge,
    runs,
    team_links,
)
from tasks.ledger import waiting as waits
from tasks.ledger.operations import RunFacts
from tasks.ledger.reader import LedgerReader
from tasks.ledger.recorded import RecordedOperation


class Ledger(LedgerReader):
    """A ledger, to be read and written. Every method raises LedgerError when the database fails.

    Moments are aware datetimes and are handed in: the ledger reads no clock. The loader writes its
    many intents and outcomes through a `Journal`.
    """

    def start_run(self, record: RunRecord) -> None:
        """Write a run's beginning; everything else that a run writes refers to it."""
        with self.database.write() as connection:
            runs.start(connection, record)

    def end_run(
        self,
        run_id: str,
        *,
        state: RunState,
        ended_at: datetime,
        message: str = "",
        counts: Mapping[str, int] | None = None,
        plan_digest: str | None = None,
    ) -> None:
        """Write a run's end, once.

        Args:
            run_id: The run.
            state: How it ended.
            ended_at: When.
            message: The same in one sentence.
            counts: Numbers of the summary.
            plan_digest: The plan that it made or carried out; when not given, the last one saved.

        Raises:
            LedgerError: There is no such run, or it has ended already.
        """
        with self.database.write() as connection:
            digest = plan_digest or plans.digest_of_run(connection, run_id)
            runs.end(connection, run_id, state, message, counts or {}, digest, ended_at)
            waits.forget(connection, run_id)

    def record_batch(self, run_id: str, report: ContractReport) -> None:
        """Keep what a contract said of a delivery, and of each quarantined row, without cells."""
        with self.database.write() as connection:
            batches.record(connection, run_id, report)

    def save_plan(self, run_id: str, plan: Plan, path: str = "") -> None:
        """Keep a plan, byte for byte, for the run that made it or is about to carry it out.

        Args:
            run_id: The run.
            plan: The plan; the ledger holds its personal values from now on.
            path: The file that it was written to, for people.
        """
        with self.database.write() as connection:
            plans.save(connection, run_id, plan, path)

    def approve(self, approval: Approval) -> None:
        """Append an approval; the plan need not be known to the ledger yet."""
        with self.database.write() as connection:
            approvals.append(connection, approval)

    def reject(self, rejection: Rejection) -> None:
        """Append a rejection; what was approved of the plan before no longer counts."""
        with self.database.write() as connection:
            approvals.append_rejection(connection, rejection)

    def wait(
        self, waiting: WaitingRun, *, message: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """Write that a run waits for a person's word about its plan.

        Args:
            waiting: The run; it goes on until now.
            message: What it waits for, in one sentence.
            counts: Numbers of the summary.

        Raises:
            LedgerError: There is no such run, or it does not go on.
        """
        with self.database.write() as connection:
            waits.begin(connection, waiting, message, counts or {})

    def ask_again(self, run_id: str, asked: int) -> None:
        """Note that a waiting run shows another form."""
        with self.database.write() as connection:
            waits.ask_again(connection, run_id, asked)

    def take_up(self, run_id: str) -> bool:
        """Let a waiting run go on.

        Returns:
            False when it no longer waits: somebody else has ended it or taken it up.
        """
        with self.database.write() as connection:
            return waits.take_up(connection, run_id)

    def end_waiting(
        self,
        run_id: str,
        *,
        state: RunState,
        message: str,
        at: datetime,
        rejection: Rejection | None = None,
    ) -> bool:
        """End a waiting run, with the rejection that ends it, if one does.

        Returns:
            False when it no longer waits, and nothing was written.
        """
        with self.database.write() as connection:
            if not waits.end(connection, run_id, state, message, at):
                return False
            if rejection is not None:
                approvals.append_rejection(connection, rejection)
            return True

    def record_corrections(
        self, target: str, rows: Iterable[Replayed], *, by: str, note: str, at: datetime
    ) -> None:
        """Append what was replayed; corrections of rows that go on count from now on.

        Args:
            target: Name of the target.
            rows: What was corrected, and what the contract said.
            by: Who replayed it.
            note: Why.
            at: When.
        """
        with self.database.write() as connection:
            corrections.record(connection, target, rows, by, note, at)

    def withdraw_correction(
        self, target: str, number: int, *, by: str, note: str, at: datetime
    ) -> None:
        """Append that a correction no longer counts, and erase its cells.

        Raises:
            ConfigurationError: There is none of this number that counts.
        """
        with self.database.write() as connection:
            corrections.withdraw(connection, target, number, by, note, at)

    def adopt(self, run_id: str, target: str, adoptions: Iterable[Adoption], at: datetime) -> None:
        """Link accounts that were there already; writes nothing at the target.

        Raises:
            LedgerError: An account is linked to somebody else; none was adopted.
        """
        with self.database.write() as connection:
            links.adopt(connection, run_id, target, adoptions, at)

    def link(
        self,
        run_id: str,
        worker_key: str,
        account: LinkedAccount,
        at: datetime,
        *,
        taken_from: str | None = None,
    ) -> None:
        """Link a person to an account because somebody says so; nothing is written at the target.

        Args:
            run_id: The run that records it; its message tells who and why.
            worker_key: The person.
            account: The account as it is at the target.
            at: When.
            taken_from: Worker key of who has had it until now; None for nobody.

        Raises:
            ConfigurationError: The person has a link, or the account is not `taken_from`'s.
        """
        with self.database.write() as connection:
            target = runs.target_of(connection, run_id)
            decided.link(connection, run_id, target, worker_key, account, at, taken_from)

    def unlink(self, run_id: str, worker_key: str, at: datetime) -> str:
        """Take a person's link away because somebody says so; the account becomes nobody's.

        Args:
            run_id: The run that records it; its message tells who and why.
            worker_key: The person.
            at: When.

        Returns:
            The account's id.

        Raises:
            ConfigurationError: The person has no link.
        """
        with self.database.write() as connection:
            target = runs.target_of(connection, run_id)
            return decided.unlink(connection, run_id, target, worker_key, at)

    def forget_failures(self, target: str, keep: Collection[str]) -> None:
        """Forget the failures of whoever no longer has anything to be done.

        Args:
            target: Name of the target.
            keep: Worker keys of those who have an operation in a plan of everybody.
        """
        with self.database.write() as connection:
            failing.forget(connection, target, keep)

    def adopt_teams(
        self, run_id: str, target: str, adoptions: Iterable[TeamAdoption], at: datetime
    ) -> None:
        """Link teams that were there already; writes nothing at the target.

        Raises:
            LedgerError: A team stands for another value; none was adopted.
        """
        with self.database.write() as connection:
            team_links.adopt(connection, run_id, target, adoptions, at)

    def purge(
        self,
        target: str,
        person: str,
        *,
        by: str,
        note: str,
        at: datetime,
        dry: bool = False,
    ) -> Purged:
        """Put a pseudonym in the place of a person, everywhere in the ledger.

        Args:
            target: Name of the target.
            person: Worker key, account id or userName, also a former one.
            by: Who does it.
            note: Why.
            at: When.
            dry: Whether to count alone.

        Raises:
            ConfigurationError: Nobody or several are meant, or the person still has access.
        """
        pseudonym = f"purged-{secrets.token_hex(4)}"
        with self.database.erasing() as connection:
            found = purge.find(connection, target, person)
            return purge.purge(connection, found, pseudonym, by=by, note=note, at=at, dry=dry)

    def prune(
        self,
        *,
        values_before: datetime | None,
        rows_before: datetime | None,
        at: datetime,
        by: str,
        dry: bool = False,
    ) -> Pruned:
        """Remove what is over its time; see `tasks.ledger.prune`.

        Args:
            values_before: Contents of plans go whose last run ended before; None keeps all.
            rows_before: Rows go of runs that ended before; None keeps all.
            at: The present moment.
            by: Who does it.
            dry: Whether to count alone.
        """
        with self.database.erasing() as connection:
            return prune.prune(
                connection,
                values_before=values_before,
                rows_before=rows_before,
                at=at,
                by=by,
                dry=dry,
            )

    def settle(
        self, run_id: str, intent: RecordedOperation, outcome: Outcome, at: datetime
    ) -> None:
        """Write the outcome of an operation that an earlier run left open, and update its link.

        Args:
            run_id: The run that found out.
            intent: From `open_intents`.
            outcome: What became of it.
            at: When that was found out.

        Raises:
            LedgerError: It is settled already, or the outcome is about another operation.
        """
        with self.database.write() as connection:
            target = runs.target_of(connection, run_id)
            facts = RunFacts(run_id, target, intent.plan_digest)
            operations.settle(connection, facts, intent, outcome, at)
