"""A load session: the operations of one run, many at a time, each with one outcome.

Intent before the write, outcome after it. A stop (asked for, by cancelling, or because the target
is ill) begins nothing new; what is under way is finished and gets its outcome.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import TargetError
from data_contracts.learned import Learned
from data_contracts.outcome import LoadReport, Outcome
from data_contracts.plan import PlannedOperation
from data_contracts.team_plan import TeamOperation
from data_contracts.words import OperationKind, OutcomeResult
from tasks.load.breaker import CircuitBreaker
from tasks.load.change import AccountChanger
from tasks.load.create import AccountCreator
from tasks.load.ending import Ending
from tasks.load.failures import Failures, unfinished
from tasks.load.journal_protocol import Journal
from tasks.load.order import stages
from tasks.load.projection import Projection
from tasks.load.references import NewAccounts
from tasks.load.team_carrier import TeamCarrier
from tasks.load.writer import AccountWriter
from tasks.scim.client import ScimClient
from tasks.scim.clock import Clock
from tasks.scim.wire import Trace

GRACE_S = 8.0
"""How long operations under way may go on after a stop; 2 s are left for the journal, so that a
cancelled run ends within 10."""

WORKERS_PER_REQUEST = 2
"""While one operation waits for the journal, another one's request is on its way. Where writes are
sent together, as many operations as one Bulk holds are under way twice over."""

OnOutcome = Callable[[Outcome], None]

_log = logging.getLogger(__name__)


class LoadSession:
    """Carries operations out. Use it as an async context manager; one for a run.

    Args:
        client: Of the target.
        journal: Keeps intents and outcomes.
        settings: Of the target.
        clock: Time; the client's when not given.
        owners: Worker key by account id, from the ledger's links: an account in the way of a new
            one is not adopted for another person.
        learned: What earlier writes showed of the target.
    """

    def __init__(
        self,
        client: ScimClient,
        journal: Journal,
        settings: TargetSettings,
        *,
        clock: Clock | None = None,
        owners: Mapping[str, str] | None = None,
        learned: Learned | None = None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._clock = clock or client.clock
        together = settings.bulk.max_operations if settings.bulk.enabled else 0
        self._workers = max(settings.max_in_flight, together) * WORKERS_PER_REQUEST
        self._budget_s = settings.run_budget_s
        projection = Projection(settings.extensions, settings.not_kept, learned)
        writer = AccountWriter(client, settings, projection)
        self._changer = AccountChanger(client, writer, projection)
        self._creator = AccountCreator(client, self._changer, projection, dict(owners or {}))
        self._teams = TeamCarrier(client, settings)
        self._breaker = CircuitBreaker()
        self._failures = Failures(self._breaker, self.stop)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._outcomes: list[Outcome] = []
        self._made = NewAccounts()
        self._started = self._clock.monotonic()
        self._before = (client.requests, client.throttled)
        self._broken: Exception | None = None
        self._stopping = asyncio.Event()
        self._closed = False
        self.stopped = ""
        """Why nothing new is begun any more, in words; "" while all is well."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True

    def stop(self, reason: str) -> None:
        """Begin nothing new; what is under way has `GRACE_S` to end. The first reason counts.

        Args:
            reason: Why, in words.
        """
        self.stopped = self.stopped or reason
        self._stopping.set()

    def report(self) -> LoadReport:
        """What became of everything so far."""
        return LoadReport(
            outcomes=tuple(self._outcomes),
            stopped=self.stopped,
            requests=self._client.requests - self._before[0],
            throttled=self._client.throttled - self._before[1],
            elapsed_s=self._clock.monotonic() - self._started,
        )

    async def apply(
        self, operations: Sequence[PlannedOperation], on_outcome: OnOutcome | None = None
    ) -> tuple[Outcome, ...]:
        """Carry operations out: those that deactivate first, then the others, many at a time.

        Whoever refers to an account that another of these operations makes comes after it.

        Args:
            operations: In the plan's order.
            on_outcome: Told of each outcome as it comes.

        Returns:
            One outcome for each operation, in their order.

        Raises:
            LedgerError: An intent or an outcome could not be kept; what was under way is finished.
            asyncio.CancelledError: Cancelled; likewise, within 10 s.
        """
        if self._closed:
            raise RuntimeError("this load session is over")
        done: dict[int, Outcome] = {}
        cancelled = False
        for stage in stages(operations):
            phase = [(number, operations[number]) for number in stage]
            cancelled = cancelled or await self._run(phase, done, on_outcome)
        for number, operation in enumerate(operations):
            if number not in done:
                done[number] = _outcome(operation, self._skipped(), [])
                if on_outcome is not None:
                    on_outcome(done[number])
        outcomes = tuple(done[number] for number in range(len(operations)))
        self._outcomes.extend(outcomes)
        if cancelled:
            raise asyncio.CancelledError
        if self._broken is not None:
            raise self._broken
        return outcomes

    async def _run(
        self,
        phase: Sequence[tuple[int, PlannedOperation]],
        done: dict[int, Outcome],
        on_outcome: OnOutcome | None,
    ) -> bool:
        """Work a phase off; return whether it was cancelled meanwhile."""
        queue = deque(phase)

        async def work() -> None:
            while queue and self._goes_on():
                number, operation = queue.popleft()
                try:
                    await self._one(operation, partial(done.__setitem__, number))
                    if on_outcome is not None:
                        on_outcome(done[number])
                except Exception as error:  # the journal's, or the caller's: nobody may go on
                    self._broken = self._broken or error
                    self.stop("the load broke off")

        workers = [asyncio.create_task(work()) for _ in range(min(self._workers, len(queue)))]
        if not workers:
            return False
        stopping = asyncio.create_task(self._stopping.wait())
        ending = asyncio.gather(*workers, return_exceptions=True)
        cancelled = False
        try:
            await asyncio.wait((ending, stopping), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.stop("the run was cancelled")
            cancelled = True
        stopping.cancel()
        return await _finish(workers) or cancelled

    async def _one(self, operation: PlannedOperation, keep: OnOutcome) -> None:
        """One operation from intent to outcome; never two at a time for one person or team."""
        turn = self._turns.setdefault(operation.worker_key, asyncio.Lock())
        async with turn:
            trace: Trace = []
            ending = await self._ended(operation, trace)
            outcome = _outcome(operation, ending, trace)
            self._made.note(outcome)
            self._teams.note(outcome)
            keep(outcome)
            await self._journal.record(outcome)

    async def _ended(self, operation: PlannedOperation, trace: Trace) -> Ending:
        """Intend an operation, with the accounts that it refers to, and carry it out."""
        if isinstance(operation, TeamOperation):
            await self._journal.intend(operation)
            return await self._attempt(operation, trace)
        resolved = self._made.resolve(operation)
        await self._journal.intend(resolved.operation)
        if resolved.is_void:
            return resolved.void()
        return resolved.ending(await self._attempt(resolved.operation, trace))

    async def _attempt(self, operation: PlannedOperation, trace: Trace) -> Ending:
        try:
            if isinstance(operation, TeamOperation):
                ending = await self._teams.carry_out(operation, trace)
            elif operation.kind is OperationKind.CREATE:
                ending = await self._creator.carry_out(operation, trace)
            else:
                ending = await self._changer.carry_out(operation, trace)
        except TargetError as error:
            return self._failures.ending(operation, error, trace)
        except asyncio.CancelledError:  # the grace after a stop is over
            detail = "the run was stopped meanwhile"
            return unfinished(operation, trace, detail, OutcomeResult.SKIPPED)
        except Exception as error:
            # an answer of a shape that nobody foresaw is that person's failure, not the run's end
            _log.exception("operation %s broke off", operation.operation_id)
            return unfinished(operation, trace, f"broke off with {type(error).__name__}")
        if ending.result in (OutcomeResult.APPLIED, OutcomeResult.SETTLED):
            self._breaker.accepted()
        self._breaker.answered(ill=False)
        return ending

    def _goes_on(self) -> bool:
        """Whether something new may be begun."""
        if not self.stopped and self._clock.monotonic() - self._started > self._budget_s:
            self.stop(f"the run has written for {self._budget_s:.0f} s (target.run_budget_s)")
        return not self.stopped

    def _skipped(self) -> Ending:
        return Ending(OutcomeResult.SKIPPED, detail=self.stopped)


def _outcome(operation: PlannedOperation, ending: Ending, trace: Trace) -> Outcome:
    return Outcome(
        operation_id=operation.operation_id,
        worker_key=operation.worker_key,
        kind=operation.kind,
        result=ending.result,
        account_id=ending.account_id or operation.account_id,
        user_name=ending.user_name,
        detail=ending.detail,
        verified=ending.verified,
        not_retained=ending.not_retained,
        kept=ending.kept,
        rewritten=ending.rewritten,
        exchanges=tuple(trace),
    )


async def _finish(workers: Sequence[asyncio.Task[None]]) -> bool:
    """Let what is under way end by itself for a while, then break it off; each gets its outcome.

    Returns:
        Whether this was cancelled; then nothing has more time.
    """
    cancelled, late = False, {worker for worker in workers if not worker.done()}
    try:
        if late:
            _, late = await asyncio.wait(late, timeout=GRACE_S)
    except asyncio.CancelledError:
        cancelled, late = True, {worker for worker in workers if not worker.done()}
    for worker in late:
        worker.cancel()
    if late:
        await asyncio.wait(late)
    return cancelled
