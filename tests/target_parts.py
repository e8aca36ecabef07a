"""What tests of the client and the loader are made of: a clock, a journal, a target in process."""

import asyncio
import functools
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from data_contracts.configuration.target import TargetSettings
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation, PlannedOperation, Value
from data_contracts.words import OperationKind
from deployments.sandbox.app import create_app
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.settings import SandboxSettings
from tasks.load.session import LoadSession
from tasks.scim.client import ScimClient, open_client
from tasks.scim.clock import Clock

TOKEN = "test-token"
BASE_URL = "http://127.0.0.1/scim/v2"
WORK_EMAIL = 'emails[type eq "work"].value'
ROLE = "roles[primary eq true].value"
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class FakeTime:
    """Time that passes when somebody sleeps, and not otherwise."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.began = datetime.now(UTC)  # the sandbox writes some dates by the real clock
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds - 1000)

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep)


@dataclass
class MemoryJournal:
    """Keeps intents and outcomes in the order they came."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    async def intend(self, operation: PlannedOperation) -> None:
        self.entries.append(("intend", operation.operation_id))

    async def record(self, outcome: Outcome) -> None:
        self.entries.append(("record", outcome.operation_id))
        self.outcomes.append(outcome)


def target_settings(**changes: Any) -> TargetSettings:
    values: dict[str, Any] = {
        "name": "test",
        "base_url": BASE_URL,
        "auth": {"token_env": "TOKEN"},
        "requests_per_s": 1000,
        "update_with": "patch",
    }
    return TargetSettings.model_validate({**values, **changes})


@dataclass
class Target:
    """A client, and the sandbox behind it."""

    client: ScimClient
    sandbox: Sandbox
    time: FakeTime
    settings: TargetSettings
    journal: MemoryJournal

    def session(self, **more: Any) -> LoadSession:
        return LoadSession(self.client, self.journal, self.settings, **more)

    async def apply(self, *operations: PlannedOperation) -> tuple[Outcome, ...]:
        async with self.session() as session:
            return await session.apply(operations)

    def requests(self) -> list[str]:
        return [f"{seen.method} {seen.status}" for seen in self.sandbox.journal]

    def users(self) -> list[dict[str, Any]]:
        return self.sandbox.store.users()


Refuse = Callable[[httpx.Request], httpx.Response | None]


class Picky(httpx.AsyncBaseTransport):
    """A target that refuses some requests before they reach it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, refuse: Refuse) -> None:
        self.inner = inner
        self.refuse = refuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.refuse(request) or await self.inner.handle_async_request(request)


@asynccontextmanager
async def target(
    *faults: str,
    sandbox: Mapping[str, Any] | None = None,
    refuse: Refuse | None = None,
    **settings: Any,
) -> AsyncIterator[Target]:
    """A sandbox in process; `settings` are the client's, `sandbox` the sandbox's own."""
    time = FakeTime()
    values = {"token": TOKEN, "rate_limit_per_s": 0, "faults": faults, **(sandbox or {})}
    app = create_app(
        SandboxSettings(**values), clock=lambda: time.seconds, new_id=numbered_ids("id")
    )
    chosen = target_settings(**settings)
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app=app)
    if refuse is not None:
        transport = Picky(transport, refuse)
    async with open_client(
        chosen, SecretStr(TOKEN), folder=Path(), transport=transport, clock=time.clock
    ) as client:
        yield Target(client, app.state.sandbox, time, chosen, MemoryJournal())


def numbered_ids(prefix: str) -> Callable[[], str]:
    counter = itertools.count(1)
    return lambda: f"{prefix}-{next(counter)}"


def create(key: str = "E1", **attributes: Value) -> Operation:
    flat: dict[str, Value] = {
        "active": True,
        "externalId": key,
        "userName": f"{key.lower()}@acme.example",
        WORK_EMAIL: f"{key.lower()}@acme.example",
        ROLE: "maker",
        "name.givenName": "Ada",
        "name.familyName": "Byron",
        "title": "Engineer",
        "enterprise.department": "Research",
    }
    flat.update(attributes)
    return Operation(
        kind=OperationKind.CREATE,
        worker_key=key,
        account_id=None,
        user_name=str(flat["userName"]),
        reason="joiner",
        explanation="employed, and has no account yet",
        attributes=flat,
    )


def change(
    account_id: str,
    attributes: Mapping[str, Value],
    *,
    key: str = "E1",
    kind: OperationKind = OperationKind.UPDATE,
    before: Mapping[str, Value | None] | None = None,
    user_name: str | None = None,
) -> Operation:
    return Operation(
        kind=kind,
        worker_key=key,
        account_id=account_id,
        user_name=user_name or f"{key.lower()}@acme.example",
        reason="drift",
        explanation="differs from the export",
        attributes=dict(attributes),
        before=dict(before or {}),
        fingerprint="sha256:0",
    )


def refers(operation: Operation, key: str) -> Operation:
    """The same operation, of somebody whose manager is another worker, with no account so far."""
    return replace(operation, references={MANAGER: key})


def leave(account_id: str, *, key: str = "E1", user_name: str | None = None) -> Operation:
    return change(
        account_id,
        {"active": False},
        key=key,
        kind=OperationKind.DEACTIVATE,
        before={"active": True},
        user_name=user_name,
    )
