"""One running sandbox: rate limit, token and faults around the service, its state and journal."""

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from deployments.sandbox.collection import NewId, Now
from deployments.sandbox.exchange import Answer, Exchange, ScimProblem
from deployments.sandbox.fault_plan import FaultPlan
from deployments.sandbox.faults import FAULTS
from deployments.sandbox.journal import Journal
from deployments.sandbox.people import made_up_users
from deployments.sandbox.rate_limit import RateLimit
from deployments.sandbox.service import ScimService
from deployments.sandbox.settings import SandboxSettings
from deployments.sandbox.state import (
    SandboxFileError,
    StateFile,
    read_seed,
    read_state,
    state_content,
)
from deployments.sandbox.store import ResourceStore
from deployments.sandbox.strike import Fault, Strike

Clock = Callable[[], float]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def random_id() -> str:
    """A new resource id."""
    return str(uuid.uuid4())


class Sandbox:
    """What `app.state.sandbox` is: everything a test wants to look at or turn.

    Args:
        settings: What this sandbox does.
        clock: Seconds, for the rate limit and the life of cursors.
        now: For `meta.created` and `meta.lastModified`.
        new_id: For ids of new resources.

    Raises:
        SandboxFileError: the state or seed file cannot be used.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        *,
        clock: Clock = time.monotonic,
        now: Now = utc_now,
        new_id: NewId = random_id,
    ) -> None:
        self.settings = settings
        self.service = ScimService(settings, now, new_id, clock)
        self.journal = Journal(settings.journal_size)
        """Every request seen, oldest first."""
        self.faults = FaultPlan(settings.faults, settings.fault_seed)
        """The armed faults; can be changed while running."""
        self._rate_limit = RateLimit(settings.rate_limit_per_s, clock)
        self.state: StateFile | None = None
        self._load()

    @property
    def store(self) -> ResourceStore:
        """The users by id."""
        return self.service.users.store

    @property
    def teams(self) -> ResourceStore:
        """The teams by id."""
        return self.service.groups.store

    async def respond(self, exchange: Exchange, query_string: str) -> Answer:
        """Answer one request and note it in the journal."""
        method, path = exchange.method, exchange.path  # as asked: a fault may rewrite them
        if self.settings.latency_ms:
            await asyncio.sleep(self.settings.latency_ms / 1000)
        answer = await self._respond_within_limits(exchange)
        if exchange.changed and self.state is not None:
            self.state.note_change()
        self.journal.note(
            method,
            path,
            query_string,
            0 if exchange.dropped else answer.status,
            user_id=exchange.user_id,
            applied=exchange.applied,
            changed=exchange.changed and not exchange.operations,  # their own lines say so
            faults=exchange.struck,
        )
        for operation in exchange.operations:
            self.journal.note_operation(operation)
        return answer

    async def _respond_within_limits(self, exchange: Exchange) -> Answer:
        presented = exchange.headers.get("authorization", "")
        key = hashlib.sha256(presented.encode()).hexdigest()  # no token is kept, not even here
        allowance = self._rate_limit.take(key)
        if allowance is not None and not allowance.granted:
            answer = ScimProblem(429, "too many requests in this second").answer()
        elif not self._is_authorized(presented):
            answer = ScimProblem(
                401, "the access token is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
            ).answer()
        else:
            answer = await self._respond_with_faults(exchange)
        if allowance is not None:
            answer.headers = {**allowance.headers(), **answer.headers}
        return answer

    def _is_authorized(self, presented: str) -> bool:
        if self.settings.token is None:
            return True
        scheme, _, token = presented.partition(" ")
        expected = self.settings.token.get_secret_value()
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), expected.encode()
        )

    async def _respond_with_faults(self, exchange: Exchange) -> Answer:
        async def honestly() -> Answer:
            return await self.service.answer(exchange, self._respond_with_faults)

        proceed: Callable[[], Awaitable[Answer]] = honestly
        armed = {spec.name for spec in self.faults.specs}
        for fault in reversed([FAULTS[name] for name in FAULTS if name in armed]):
            if fault.applies(exchange) and (spec := self.faults.rolls(fault.name)) is not None:
                amount = fault.default_amount if spec.amount is None else spec.amount
                exchange.struck.append(fault.name)
                proceed = _struck(fault, Strike(exchange, self.store, self.teams, amount), proceed)
        return await proceed()

    def _load(self) -> None:
        path = self.settings.state_file
        known = read_state(path) if path is not None else None
        if path is not None:
            self.state = StateFile(
                path, lambda: state_content(self.store.stored(), self.teams.stored())
            )
        if known is None:
            self._start_with_seeds()
            return
        users, groups = known
        for store, resources in ((self.store, users), (self.teams, groups)):
            for resource in resources:
                store.put(resource)

    def _start_with_seeds(self) -> None:
        members = self.service.users
        seed_file = self.settings.seed_file
        for number, user in enumerate(read_seed(seed_file) if seed_file else [], start=1):
            try:
                members.seed(user)
            except ScimProblem as problem:
                raise SandboxFileError(
                    f"{seed_file}: user {number} is refused with {problem.status}: "
                    f"{problem.detail}; correct it and start again"
                ) from None
        for user_id, user in made_up_users(self.settings.made_up_users):
            members.add(user, user_id)
        if self.state is not None and len(self.store):
            self.state.note_change()


def _struck(
    fault: Fault, strike: Strike, proceed: Callable[[], Awaitable[Answer]]
) -> Callable[[], Awaitable[Answer]]:
    async def answer() -> Answer:
        return await fault.effect(strike, proceed)

    return answer
