"""Laws of a sync at a target that fails in every way the sandbox knows, in any mix.

Two days of a small company: some have an account already, in any state, others none. Faults strike
a bounded number of times, so that a few runs must do; ways of speaking (dialects) last.
"""

import asyncio
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.errors import TargetError
from data_contracts.plan import Operation
from data_contracts.scim.schema import USER_SCHEMA
from data_contracts.words import OutcomeResult
from deployments.sandbox.app import CUT_CONNECTION, create_app
from deployments.sandbox.faults_of_bulk import fault as faults_of_bulk
from deployments.sandbox.faults_of_transport import fault as faults_of_transport
from deployments.sandbox.faults_of_writes import fault as faults_of_writes
from deployments.sandbox.journal import Seen
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.settings import SandboxSettings
from flows.stages import PLAIN, Stages
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.schema import exchange
from tests.sync_parts import TOKEN, TOKEN_VARIABLE, MadeUpCompany, Synced, leave, sync_once
from tests.target_parts import BASE_URL, FakeTime, numbered_ids

PEOPLE = 24
MOST_RUNS = 8
"""Runs that wrote, or tried to, until all is in line: most strikes hit within one run."""

MOST_STRIKES = 5 * 6 + 2
"""Of the faults that pass, in one example; each may cost a run that cannot read the accounts."""

MOST_EXAMPLES = {"fast": 6, "ci": 150}[os.environ.get("HYPOTHESIS_PROFILE", "fast")]
"""Each takes about a second of CPU."""

LASTING = (
    *("duplicate-400", "duplicate-500", "409-without-scim-type", "plain-text-error"),
    *("numeric-error-status", "noop-patch-400", "create-200"),
)
"""Faults that are this target's way of speaking."""

PASSING = tuple(sorted({*faults_of_transport, *faults_of_writes} - {*LASTING, "slow"}))

OF_BULK = tuple(sorted(faults_of_bulk))

PLAIN_PATHS = ("userName", "externalId", "active", "title", "name.familyName")

STRANGERS = ("guest@elsewhere.example", "break-glass@company.example", "robot@company.example")
"""Accounts of nobody in the export; one is protected too."""


@dataclass(frozen=True)
class Weather:
    """What goes wrong, and where everything starts."""

    seed: int
    faults: tuple[str, ...]
    in_flight: int
    patience_s: float
    bulk: str = "off"
    """Whether writes go together, and whether the answers hold the users: off, bare, bodies."""
    bulk_size: int = 2


@st.composite
def weathers(draw: st.DrawFn) -> Weather:
    bulk = draw(st.sampled_from(["off", "bare", "bodies"]))
    known = PASSING if bulk == "off" else (*OF_BULK, *PASSING)
    passing = draw(st.lists(st.sampled_from(known), max_size=5, unique=True))
    faults = [f"{name}={draw(st.integers(1, 6))}x@{draw(st.integers(0, 30))}" for name in passing]
    faults += [f"{name}=1" for name in draw(st.sets(st.sampled_from(LASTING), max_size=2))]
    if draw(st.integers(0, 5)) == 0:
        faults.append(f"slow=2x@{draw(st.integers(0, 30))}:300")
    return Weather(
        seed=draw(st.integers(0, 2**32)),
        faults=tuple(faults),
        in_flight=draw(st.sampled_from([1, 4, 16])),
        patience_s=draw(st.sampled_from([0.4, 3, 30])),
        bulk=bulk,
        bulk_size=draw(st.sampled_from([2, 5, 100])) if bulk != "off" else 2,
    )


class Lossy(httpx.AsyncBaseTransport):
    """A sandbox in process that can cut connections, and goes on when a client gave up."""

    def __init__(self, app: Any, repeated: list[str]) -> None:
        self._app = app
        self._sandbox: Sandbox = app.state.sandbox
        self._repeated = repeated
        self._transport = httpx.ASGITransport(self._cuttable)
        self._under_way: set[asyncio.Task[httpx.Response]] = set()

    async def _cuttable(self, scope: Any, receive: Any, send: Any) -> None:
        cut = []
        state = {**scope.get("state", {}), CUT_CONNECTION: lambda: cut.append(True)}
        await self._app({**scope, "state": state}, receive, send)
        if cut:
            raise httpx.RemoteProtocolError("the connection was cut")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for name in created_names(request):
            if self._sandbox.store.by_user_name(name) is not None:
                self._repeated.append(name)
        task = asyncio.create_task(self._transport.handle_async_request(request))
        self._under_way.add(task)
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        await asyncio.gather(*self._under_way, return_exceptions=True)


def created_names(request: httpx.Request) -> list[str]:
    """Of the users whom a request would create."""
    if request.method != "POST":
        return []
    body = orjson.loads(request.content)
    operations = body.get("Operations", [{"method": "POST", "data": body}])
    return [o["data"]["userName"] for o in operations if o["method"] == "POST"]


@dataclass
class World:
    """A company, its workspace, and all that was planned for it."""

    company: MadeUpCompany
    weather: Weather
    stages: Stages
    sandbox: Sandbox
    transport: Callable[[], httpx.AsyncBaseTransport]
    time: FakeTime
    repeated: list[str]
    """userNames of creates that were sent although the account was there."""
    planned: list[Operation] = field(default_factory=list)

    def runs_until_in_line(self) -> int:
        """Sync until there is nothing left to do; how many runs had something to do."""
        runs = 0
        for _ in range(MOST_RUNS + MOST_STRIKES):
            synced = asyncio.run(self._sync())
            if synced is None:
                continue  # a fault struck the listing, and is used up
            assert synced.plan is not None
            self.planned += synced.plan.operations
            self._outcomes_are_true(synced)
            if not synced.plan.operations:
                return runs
            runs += 1
            assert runs <= MOST_RUNS, f"not in line after {MOST_RUNS} runs"
        raise AssertionError("the accounts could never be read")

    def _outcomes_are_true(self, synced: Synced) -> None:
        """Applied is at the target, failed is not; of the unknown nothing is said."""
        if {"slow", "deleted-user"} & set(self.sandbox.faults.struck):
            return  # the target changes behind everybody's back
        assert synced.plan is not None
        assert synced.load is not None
        meant = {operation.operation_id: operation for operation in synced.plan.operations}
        for outcome in synced.load.outcomes:
            operation = meant[outcome.operation_id]
            if outcome.succeeded:
                assert self._holds(operation), outcome
            elif outcome.result is OutcomeResult.FAILED and set(PLAIN_PATHS) & {
                *operation.attributes
            }:
                assert not self._holds(operation), outcome

    def _holds(self, operation: Operation) -> bool:
        user = self.sandbox.store.by_user_name(operation.user_name)
        if user is None:
            return False
        shown = {**user, "name.familyName": user.get("name", {}).get("familyName")}
        return all(shown.get(p) == v for p, v in operation.attributes.items() if p in PLAIN_PATHS)

    async def _sync(self) -> Synced | None:
        try:
            return await sync_once(
                self.company.folder,
                stages=self.stages,
                transport=self.transport(),
                clock=self.time.clock,
                at_once=True,  # the hours between two runs of an hourly sync have gone by
            )
        except TargetError:
            return None

    @property
    def ledger(self) -> Ledger:
        return open_ledger("sqlite:///.scimflow/ledger.db", folder=self.company.folder)

    def writes(self) -> list[Seen]:
        """Writes of single users; those of a Bulk stand beside it."""
        journal = self.sandbox.journal
        return [seen for seen in journal if seen.method != "GET" and seen.path != "/Bulk"]


def expected(company: MadeUpCompany) -> dict[str, tuple[str, ...]]:
    """What the target should show of everybody who is employed, by externalId."""
    return {
        row["Employee #"]: (
            row["Work Email"],
            row["Last Name"],
            row["Job Title"],
            "maker" if row["Department"] == "Product" else "contributor",
        )
        for row in company.rows()
        if row["Employment Status"] != "Terminated"
    }


def shown(users: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    return {
        user["externalId"]: (
            user["userName"],
            user["name"]["familyName"],
            user["title"],
            user["roles"][0]["value"],
        )
        for user in users
        if user["active"] and user["userName"] not in STRANGERS
    }


def account(row: Mapping[str, str], chance: random.Random) -> dict[str, Any] | None:
    """What the workspace may hold of somebody before the first run."""
    kind = chance.choice(["none", "none", "old title", "inactive", "no id", "old name"])
    if kind == "none":
        return None
    name = row["Work Email"] if kind != "old name" else f"old-{row['Work Email']}"
    user: dict[str, Any] = {
        "schemas": [USER_SCHEMA],
        "userName": name,
        "externalId": row["Employee #"],
        "active": kind != "inactive",
        "title": "Trainee" if kind == "old title" else row["Job Title"],
        "name": {"givenName": row["First Name"], "familyName": row["Last Name"]},
    }
    if kind == "no id":
        del user["externalId"]
    return user


@pytest.fixture(scope="module")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with an empty ledger, to make others from."""
    target = {
        "timeout_s": 0.2,
        "requests_per_s": 1000,
        "protected": [STRANGERS[1]],
    }
    company = MadeUpCompany(tmp_path_factory.mktemp("company"), PEOPLE, BASE_URL, target)
    company.change({3: leave(), 11: leave()})
    open_ledger("sqlite:///.scimflow/ledger.db", folder=company.folder).close()
    return company.folder


@pytest.fixture(scope="module")
def stages() -> Stages:
    """The plain stages; what an export says is worked out once for all examples."""
    known: dict[Any, Any] = {}

    def once(stage: Any, key: Callable[..., Any]) -> Any:
        async def run(*args: Any) -> Any:
            name = (stage.__name__, key(*args))
            if name not in known:
                known[name] = await stage(*args)
            return known[name]

        return run

    return Stages(
        PLAIN.extract,
        once(PLAIN.check, lambda source, batch, *_: batch.digest),
        once(PLAIN.transform, lambda checked, *_: checked["hr"][0].report.digest),
        PLAIN.read_target,
        PLAIN.plan,
        PLAIN.read_teams,
    )


@pytest.fixture(scope="module", autouse=True)
def _token() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN_VARIABLE, TOKEN)
        yield


def world(folder: Path, prototype: Path, weather: Weather, stages: Stages) -> World:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prototype, folder)
    chance = random.Random(weather.seed)
    time = FakeTime()
    app = create_app(
        SandboxSettings(
            token=TOKEN,
            rate_limit_per_s=0,
            faults=weather.faults,
            fault_seed=weather.seed,
            bulk=weather.bulk != "off",
            bulk_answers_bodies=weather.bulk == "bodies",
        ),
        clock=lambda: time.seconds,
        new_id=numbered_ids("id"),
    )
    sandbox: Sandbox = app.state.sandbox
    company = object.__new__(MadeUpCompany)  # copied: written already
    company.folder, company.export = folder, folder / "hr.csv"
    bulk = {"enabled": weather.bulk != "off", "max_operations": weather.bulk_size}
    company.configure(
        {
            "max_in_flight": weather.in_flight,
            "request_budget_s": weather.patience_s,
            "bulk": bulk,
        }
    )
    for user in [*(account(row, chance) for row in company.rows()), *map(stranger, STRANGERS)]:
        if user is not None:
            sandbox.service.users.seed(user)
    repeated = list[str]()
    return World(company, weather, stages, sandbox, lambda: Lossy(app, repeated), time, repeated)


def stranger(user_name: str) -> dict[str, Any]:
    name = {"familyName": "Stranger"}
    return {"schemas": [USER_SCHEMA], "userName": user_name, "active": True, "name": name}


@pytest.mark.timeout(1200)  # the thorough profile takes minutes
@settings(
    max_examples=MOST_EXAMPLES,
    deadline=None,
    derandomize=os.environ.get("HYPOTHESIS_PROFILE") == "ci",
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(weather=weathers())
def test_whatever_fails_the_target_ends_as_desired_and_the_ledger_tells_every_write(
    weather: Weather, tmp_path: Path, prototype: Path, stages: Stages
) -> None:
    w = world(tmp_path / "world", prototype, weather, stages)
    before = {u["userName"]: u for u in w.sandbox.store.users()}

    w.runs_until_in_line()
    check(w, before)

    w.company.change(
        {
            5: leave(),
            6: {"Work Email": "renamed6@company.example", "Last Name": "Married"},
            7: {"Job Title": "Chief", "Department": "Product"},
            11: {"Employment Status": "Full-Time", "Termination Date": ""},
        }
    )
    ids = {u["externalId"]: u["id"] for u in w.sandbox.store.users() if "externalId" in u}
    w.runs_until_in_line()
    check(w, before)
    if "deleted-user" not in w.sandbox.faults.struck:
        for user in w.sandbox.store.users():
            if "externalId" in user:
                assert user["id"] == ids.get(user["externalId"], user["id"]), "a second account"


def check(w: World, before: Mapping[str, dict[str, Any]]) -> None:
    users = w.sandbox.store.users()
    assert shown(users) == expected(w.company)
    external_ids = Counter(u["externalId"] for u in users if "externalId" in u)
    assert all(count == 1 for count in external_ids.values()), "an account twice"
    for name in STRANGERS:
        assert w.sandbox.store.by_user_name(name) == before[name], "a stranger was touched"
    nobody_outside_the_plan_was_touched(w)
    late = "slow" in w.sandbox.faults.struck  # stored after the client gave up and looked
    assert late or not w.repeated, "a create was repeated blindly"
    with w.ledger as ledger:
        the_ledger_tells_every_write(w, ledger)
        links = ledger.links("productboard")
        linked = dict(zip(links["worker_key"], links["account_id"], strict=True))
        wanted = {u["externalId"]: u["id"] for u in users if u.get("externalId") and u["active"]}
        assert {k: v for k, v in linked.items() if k in wanted} == wanted


def nobody_outside_the_plan_was_touched(w: World) -> None:
    planned = {o.account_id for o in w.planned if o.account_id}
    names = {o.user_name for o in w.planned}
    removed = w.sandbox.faults.struck["deleted-user"]
    made = {seen.user_id for seen in w.writes() if seen.method == "POST" and seen.applied}
    gone = made - set(w.sandbox.store)
    assert len(gone) <= removed
    past = {w.sandbox.store[str(made_id)]["userName"] for made_id in made - gone}
    assert past <= names, "an account of nobody who was planned"
    for seen in w.writes():
        if seen.method != "POST":
            assert seen.path.rpartition("/")[2] in planned | made


def the_ledger_tells_every_write(w: World, ledger: Ledger) -> None:
    assert ledger.open_intents("productboard") == []
    with ledger.database.read() as connection:
        rows = connection.execute(
            sa.select(exchange.c.method, exchange.c.path, exchange.c.status).where(
                exchange.c.purpose == "write"
            )
        ).all()
    told = Counter((row.method, row.path) for row in rows)
    assert told == Counter((seen.method, seen.path) for seen in w.writes())
    answered = Counter((row.method, row.path, row.status) for row in rows if row.status)
    sent = Counter((seen.method, seen.path, seen.status) for seen in w.writes())
    assert not answered - sent, "an answer that was never sent"
