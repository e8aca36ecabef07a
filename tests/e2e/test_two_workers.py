"""Two workers on one server with PostgreSQL: eight targets at once, and one token's rate shared."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data_contracts.errors import ConfigurationError
from deployments.sandbox.server import RunningSandbox, serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from flows.shared_limit import PrefectSlots, ensure_limit, share_of_limit
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, TOKEN, TOKEN_VARIABLE, Company, person
from tests.postgresql_parts import whole_postgresql
from tests.target_parts import target_settings
from tests.two_workers import Workers, named, new_database, two_workers

TARGETS = 8
PER_S = 50
CREATES = 300
"""Of each of the two that share a token: together more than ten seconds of its rate."""

LIMIT = "workspace-token"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with whole_postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def ledger_url(postgresql: str) -> str:
    return new_database(postgresql, "ledger")


@pytest.fixture(scope="module")
def workers(
    tmp_path_factory: pytest.TempPathFactory, postgresql: str, ledger_url: str
) -> Iterator[Workers]:
    environ = {TOKEN_VARIABLE: TOKEN, "SCIMFLOW_LEDGER_URL": ledger_url}
    with two_workers(tmp_path_factory.mktemp("workers"), postgresql, environ) as started:
        yield started


def served(stack: ExitStack, **settings: float) -> RunningSandbox:
    values = {"token": TOKEN, "rate_limit_per_s": 0, **settings}
    return stack.enter_context(serve_in_thread(SandboxSettings.model_validate(values)))


def subsidiary(folder: Path, running: RunningSandbox, name: str, people: int) -> Company:
    """A company with a target of its own name, whose people nobody else has."""
    folder.mkdir()
    company = Company(folder, running.base_url, running.app.state.sandbox)
    company.export(
        *(
            person(n, employee_id=f"{name}-{n}", email=f"p{n}@{name}.example")
            for n in range(1, people + 1)
        )
    )
    return company


@pytest.mark.timeout(900)
def test_eight_targets_at_once_end_each_in_its_own_right(
    tmp_path: Path, workers: Workers, ledger_url: str
) -> None:
    with ExitStack() as stack:
        companies = {}
        for number in range(1, TARGETS + 1):
            name = f"subsidiary-{number}"
            company = subsidiary(tmp_path / name, served(stack), name, people=number)
            named(company, name, ledger=True)
            companies[name] = company
        deployed = [workers.deploy(n, c.config, TODAY) for n, c in companies.items()]
        runs = workers.wait(workers.start(deployed))
    assert {run["state_name"] for run in runs} == {"Completed"}, [r["state"] for r in runs]
    begun, ended = [r["start_time"] for r in runs], [r["end_time"] for r in runs]
    assert max(begun) < max(ended)
    assert sum(b < min(ended) for b in begun) >= 2, "they ran side by side"
    by = {line for run in runs for line in workers.log(run["id"]) if "Worker" in line}
    assert len({re.sub(r"[^12]*'worker-(\d).*", r"\1", line) for line in by} & {"1", "2"}) == 2
    with open_ledger(ledger_url, folder=tmp_path, read_only=True) as ledger:
        for number, (name, company) in enumerate(companies.items(), start=1):
            [run] = ledger.runs(target=name)
            assert run.counts["created"] == number
            assert len(ledger.links(name)) == number
            assert set(company.users()) == {f"p{n}@{name}.example" for n in range(1, number + 1)}
            assert company.requests() == ["GET /Users", *["POST /Users"] * number]


@pytest.mark.timeout(900)
def test_two_runs_with_one_token_stay_within_its_rate_and_ask_prefect_seldom(
    tmp_path: Path, workers: Workers
) -> None:
    shared = {"shared_limit": {"name": LIMIT, "shares": 4}, "requests_per_s": PER_S}
    asyncio.run(ensure_limit(target_settings(**shared)))
    with ExitStack() as stack:
        # one page: of a list that grows while its pages are read, nobody is made
        running = served(stack, rate_limit_per_s=PER_S, max_page_size=1000)
        deployed = []
        for name in ("north", "south"):
            company = subsidiary(tmp_path / name, running, name, CREATES)
            target = {"name": name, "request_budget_s": 120, "page_size": 1000, **shared}
            company.settings({"target": target, "guardrails": {"creates": {"max": None}}})
            deployed.append(workers.deploy(name, company.config, TODAY))
        runs = workers.wait(workers.start(deployed))
        requests = list(running.app.state.sandbox.journal)
    assert {run["state_name"] for run in runs} == {"Completed"}, [r["state"] for r in runs]
    names = [seen.method for seen in requests if seen.status == 201]
    assert len(names) == 2 * CREATES
    throttled = sum(seen.status == 429 for seen in requests)
    assert throttled <= 0.01 * len(requests)
    for run in runs:
        [line] = [line for line in workers.log(run["id"]) if line.startswith("shared rate")]
        trips, sent = map(int, re.findall(r"\d+", line))
        assert sent >= CREATES
        assert trips < 0.15 * sent


def test_a_limit_that_is_missing_or_another_one_ends_the_run_before_the_first_request(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)

    async def tried(**shared: object) -> None:
        async with share_of_limit(target_settings(shared_limit=shared)) as share:
            assert share is not None
            await share.allowed()

    with pytest.raises(ConfigurationError, match="no global concurrency limit 'elsewhere'"):
        asyncio.run(tried(name="elsewhere"))
    asyncio.run(ensure_limit(target_settings(shared_limit={"name": "small", "shares": 2})))
    with pytest.raises(ConfigurationError, match=r"has 2 slots, and .* is 5"):
        asyncio.run(tried(name="small", shares=5))
    asyncio.run(tried(name="small", shares=2))
    with ExitStack() as stack:
        running = served(stack)
        company = subsidiary(tmp_path / "acme", running, "acme", 3)
        company.settings({"target": {"shared_limit": {"name": "elsewhere"}}})
        said = company.say("sync", "--as-of", TODAY)
        assert said.code == 64
        assert "Prefect's server has no global concurrency limit 'elsewhere'" in said.text
        assert "prefect gcl create elsewhere" in said.text
        assert company.requests() == []
        checks = company.say("doctor", "--json").document["checks"]
        [check] = [each for each in checks if each["name"] == "shared rate"]
        assert (check["state"], check["hint"]) == (
            "failed",
            "prefect gcl create elsewhere --limit 8",
        )
        company.settings({"target": {"shared_limit": {"name": "small", "shares": 2}}})
        checks = company.say("doctor", "--json").document["checks"]
        [check] = [each for each in checks if each["name"] == "shared rate"]
        assert check["state"] == "ok"


def test_a_slot_is_counted_while_it_is_held_and_gone_when_the_server_forgot_it(
    workers: Workers,
) -> None:
    async def lived() -> list[object]:
        from prefect import get_client

        await ensure_limit(target_settings(shared_limit={"name": "pair", "shares": 2}))
        async with get_client() as client:
            one, two, three = (PrefectSlots("pair", client) for _ in range(3))
            seen: list[object] = [await one.acquire(), await two.acquire(), await three.acquire()]
            seen += [await one.count(), await one.renew()]
            await one.release()
            seen += [await two.count(), await one.renew()]
            await two.release()
            return [*seen, await two.count()]

    assert asyncio.run(lived()) == [True, True, False, 2, True, 1, False, 0]
