"""Writes that are on their way at the same moment, sent together as one Bulk request.

Each caller gets an answer of its own, as though it had sent its write alone. What the answer to
the Bulk does not say of an operation is not known of it: the caller looks before it repeats. Only
what was certainly not carried out is sent again from here.
"""

import asyncio
import copy
import logging
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from data_contracts.configuration.target import BulkSettings
from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
)
from data_contracts.outcome import HttpExchange
from tasks.scim.answers import Answer, error_of
from tasks.scim.bulk_messages import PATH, bulk_request, encode_operation, read_results
from tasks.scim.clock import Clock
from tasks.scim.discovery import ProviderConfig
from tasks.scim.protocol import Purpose, Request
from tasks.scim.wire import Trace, Wire

GATHER_S = 0.02
"""How long the first write waits for others to go with it: less than a request takes, and long
enough for those whose intents were committed together."""

LARGEST_BULK = 1_000_000
"""Bytes of one Bulk request where the target announces no less. RFC 7644's example has 1 MiB, and
one target refuses more than 800 kB of anything (its 413 halves the next ones)."""

_ENVELOPE = 200  # bytes around the operations

_NO_ENDPOINT = frozenset({301, 302, 303, 307, 308, 404, 405, 501})
"""Statuses that say that there is no Bulk, whatever was announced: nothing was carried out."""

_log = logging.getLogger(__name__)


class _Way(Enum):
    """How a write goes on that was certainly not carried out."""

    ALONE = auto()
    AGAIN = auto()


@dataclass(eq=False, slots=True)
class _Waiting:
    """A write, and who waits for its answer."""

    request: Request
    bulk_id: str
    encoded: bytes
    patience_s: float
    trace: Trace | None
    answer: asyncio.Future[Answer | _Way]

    def note(self, *exchanges: HttpExchange) -> None:
        if self.trace is not None and not self.answer.done():
            self.trace.extend(exchanges)

    def fail(self, error: TargetError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def end(self, answer: Answer | _Way) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


@dataclass(eq=False, slots=True)
class _Batch:
    """The writes of one Bulk; open to more until it is sent."""

    waiting: list[_Waiting] = field(default_factory=list)
    sent_at: datetime | None = None
    task: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        return _ENVELOPE + sum(len(w.encoded) + 1 for w in self.waiting)

    def has(self, path: str) -> bool:
        return any(w.request.path == path for w in self.waiting)


class BulkWay:
    """The way of writes to a target that takes Bulk.

    Args:
        wire: The way of single requests.
        settings: `target.bulk`.
        config: What the target announces.
        clock: Time.
        mark: Begins each `bulkId`: nothing that a person could have chosen as a value, since
            "bulkId:..." within a value is a reference.
    """

    def __init__(
        self, wire: Wire, settings: BulkSettings, config: ProviderConfig, clock: Clock, mark: str
    ) -> None:
        self._wire = wire
        self._fail_on_errors = settings.fail_on_errors
        self._clock = clock
        self._mark = mark
        self._count = 0
        ours = settings.max_operations
        self._limit = min(ours, config.bulk_max_operations or ours)
        self._room = min(LARGEST_BULK, config.bulk_max_payload or LARGEST_BULK)
        self._now = self._limit  # smaller for a while after a Bulk that was lost
        self._alone: set[str] = set()
        self._open: _Batch | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended = ""
        """Why Bulk is not used any more, in words; "" while it is."""
        if config.bulk is not True:
            self._end("the target does not announce it")
        elif self._limit < 2:
            self._end("the target takes one operation at a time")

    async def send(self, request: Request, patience_s: float, trace: Trace | None) -> Answer:
        """Send a write with others that are on their way, or alone.

        Args:
            request: What.
            patience_s: Longest wait for a pause that the target asks for.
            trace: Where the exchanges are noted: that of the Bulk, and the operation's own.

        Returns:
            The operation's own answer; a successful one.

        Raises:
            OutcomeUnknown: It was sent, and nothing is known of its end.
            TargetError: Any other end, by class.
        """
        while not self.ended and request.method not in self._alone:
            self._count += 1
            bulk_id = f"{self._mark}-{self._count}"
            encoded = encode_operation(request, bulk_id)
            if len(encoded) + _ENVELOPE >= self._room:
                break
            answer = asyncio.get_running_loop().create_future()
            waiting = _Waiting(request, bulk_id, encoded, patience_s, trace, answer)
            end = await self._wait(waiting, self._place(waiting))
            if isinstance(end, Answer):
                return end
            if end is _Way.ALONE:
                break
        return await self._wire.send(request, patience_s, trace)

    async def aclose(self) -> None:
        """Let nothing be under way any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _place(self, waiting: _Waiting) -> _Batch:
        """Put a write into the open Bulk, or into a new one."""
        batch = self._open
        if (
            batch is None
            or len(batch.waiting) >= self._now
            or batch.size + len(waiting.encoded) >= self._room
            or (waiting.request.method != "POST" and batch.has(waiting.request.path))
        ):
            batch = self._open = _Batch()
            batch.task = asyncio.create_task(self._carry(batch))
            self._tasks.add(batch.task)
            batch.task.add_done_callback(self._tasks.discard)
        batch.waiting.append(waiting)
        return batch

    async def _wait(self, waiting: _Waiting, batch: _Batch) -> Answer | _Way:
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            if batch.sent_at is not None:
                if waiting.answer.cancelled():  # else what came is in the trail already
                    self._note_cancelled(waiting, batch.sent_at)
            elif waiting in batch.waiting:  # not in what will be sent, then
                batch.waiting.remove(waiting)
                if not batch.waiting and batch.task is not None:
                    batch.task.cancel()
                    self._close(batch)
            raise

    async def _carry(self, batch: _Batch) -> None:
        """Gather, send, and tell everybody; nobody is left waiting."""
        trace: Trace = []
        try:
            await self._clock.sleep(GATHER_S)
            if len(batch.waiting) == 1:
                self._close(batch)
                return batch.waiting[0].end(_Way.ALONE)
            patience_s = min(w.patience_s for w in batch.waiting)
            answer = await self._wire.send_made(lambda: self._made(batch), patience_s, trace)
        except TargetError as error:
            self._close(batch)
            self._failed(batch, error, trace)
        else:
            self._answered(batch, answer, trace)
        finally:
            self._close(batch)
            for waiting in batch.waiting:
                waiting.fail(OutcomeUnknown(f"POST {PATH}: broken off"))

    def _close(self, batch: _Batch) -> None:
        if self._open is batch:
            self._open = None

    def _made(self, batch: _Batch) -> Request:
        """The request, from those who still wait at the moment of sending."""
        self._close(batch)
        batch.sent_at = self._clock.now()
        return bulk_request([w.encoded for w in batch.waiting], self._fail_on_errors)

    def _answered(self, batch: _Batch, answer: Answer, trace: Trace) -> None:
        requests = [w.request for w in batch.waiting]
        results = read_results(answer, requests, [w.bulk_id for w in batch.waiting])
        if results is None:
            return self._unknown(batch, f"POST {PATH}: the answer is no BulkResponse", trace)
        if None not in results:
            self._now = min(self._limit, self._now * 2)
        for waiting, own in zip(batch.waiting, results, strict=True):
            self._tell(waiting, own, trace)
        if any(own is not None and own.status == 429 for own in results):
            self._wire.rate.hold_back()
        return None

    def _tell(self, waiting: _Waiting, own: Answer | None, trace: Trace) -> None:
        """Hand one operation's own answer on."""
        request = waiting.request
        waiting.note(*trace, _own_exchange(request, own.status if own else None, trace[-1]))
        if own is None:
            what = f"{request.method} {request.shown}"
            return waiting.fail(
                OutcomeUnknown(f"POST {PATH}: the answer does not say what became of {what}")
            )
        if own.status in (405, 501):  # some take creates alone in Bulk
            self._alone.add(request.method)
            return waiting.end(_Way.ALONE)
        error = error_of(own, request, self._clock.now())
        return waiting.end(own) if error is None else waiting.fail(error)

    def _failed(self, batch: _Batch, error: TargetError, trace: Trace) -> None:
        """The Bulk as a whole has failed."""
        refused = isinstance(error, TargetRefused | AnswerUnreadable)
        if isinstance(error, TargetRefused) and _is_too_large(error):
            self._limit = self._now = min(self._limit, max(1, len(batch.waiting) // 2))
            if self._limit < 2:
                self._end("the target refuses even two operations as too many")
            self._not_done(batch, _Way.AGAIN, trace)
        elif refused and error.status in _NO_ENDPOINT:
            self._end(error.message)
            self._not_done(batch, _Way.ALONE, trace)
        elif isinstance(error, TargetRefused):  # says nothing of a person, and not how far it got
            self._end(error.message)
            self._unknown(batch, error.message, trace)
        elif isinstance(error, OutcomeUnknown) or (error.status or 0) >= 500:
            self._now = max(2, len(batch.waiting) // 2)  # it may have been too much at once
            self._unknown(batch, error, trace)
        else:
            for waiting in batch.waiting:
                waiting.note(*trace)
                waiting.fail(copy.copy(error))

    def _not_done(self, batch: _Batch, way: _Way, trace: Trace) -> None:
        for waiting in batch.waiting:
            waiting.note(*trace)
            waiting.end(way)

    def _unknown(self, batch: _Batch, cause: TargetError | str, trace: Trace) -> None:
        for waiting in batch.waiting:
            waiting.note(*trace, _own_exchange(waiting.request, None, trace[-1]))
            waiting.fail(OutcomeUnknown(cause) if isinstance(cause, str) else copy.copy(cause))

    def _note_cancelled(self, waiting: _Waiting, sent_at: datetime) -> None:
        if waiting.trace is not None:
            elapsed_ms = round((self._clock.now() - sent_at).total_seconds() * 1000)
            seen = HttpExchange("POST", PATH, None, elapsed_ms, Purpose.BULK.value, sent_at)
            waiting.trace.extend((seen, _own_exchange(waiting.request, None, seen)))

    def _end(self, reason: str) -> None:
        if self.ended:
            return  # said already, of another Bulk that was under way
        self.ended = reason
        _log.warning("Bulk is not used, writes are sent one by one: %s", reason)


def _own_exchange(request: Request, status: int | None, within: HttpExchange) -> HttpExchange:
    """An operation's own line in the audit trail, beside that of the Bulk that carried it."""
    return HttpExchange(
        request.method,
        request.shown,
        status,
        within.elapsed_ms,
        request.purpose.value,
        within.at,
    )


def _is_too_large(error: TargetRefused) -> bool:
    return error.status == 413 or (error.scim_type or "").lower() in ("toomany", "toolarge")
