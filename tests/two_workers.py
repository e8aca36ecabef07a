"""Two Prefect workers on one server with PostgreSQL, as processes; deployments of many targets."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from data_contracts.configuration import Deployments
from examples import servers
from tests.prefect_parts import PrefectServer, quiet_settings, without_prefect

POOL = "scimflow"
AT_ONCE = 4
"""Flow runs of one worker at the same time: each is a process of 300 MB."""

STARTED_AFTER_S = 90
LOOK_EVERY_S = 0.5
PATIENCE_S = 420
"""Eight processes import everything on two cores that others use too."""


@dataclass(frozen=True)
class Workers:
    """Two workers on one server.

    Attributes:
        prefect: The server.
        names: Of the workers.
    """

    prefect: PrefectServer
    names: tuple[str, ...]

    def deploy(self, name: str, configuration: Path, as_of: str) -> UUID:
        """Make the deployment of one target: the flow with its settings, by module path."""
        from prefect.flows import EntrypointType

        from flows.sync_users import sync_users

        async def deploy() -> UUID:
            deployment = await sync_users.ato_deployment(
                name=name,
                parameters={"configuration": str(configuration), "as_of": as_of},
                work_pool_name=POOL,
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
            return UUID(str(await deployment.aapply()))

        return asyncio.run(deploy())

    def start(self, deployments: Sequence[UUID]) -> list[str]:
        """Start all of them; the ids of their runs."""
        runs = [
            self.prefect.ask(
                f"/deployments/{deployment}/create_flow_run", state={"type": "SCHEDULED"}
            )
            for deployment in deployments
        ]
        return [str(run["id"]) for run in runs]

    def wait(self, runs: Sequence[str]) -> list[dict[str, Any]]:
        """Wait until all have ended."""
        until = time.monotonic() + PATIENCE_S
        while True:
            found = [self.prefect.flow_run(run) for run in runs]
            if all(run["end_time"] for run in found):
                return found
            assert time.monotonic() < until, [run["state_name"] for run in found]
            time.sleep(LOOK_EVERY_S)

    def log(self, run: str) -> list[str]:
        """What a run logged."""
        lines = self.prefect.ask("/logs/filter", logs={"flow_run_id": {"any_": [run]}})
        return [str(line["message"]) for line in lines]


@contextmanager
def two_workers(home: Path, postgresql: str, environ: dict[str, str]) -> Iterator[Workers]:
    """Run a server on a database of its own, and two workers.

    Args:
        home: Folder for what they leave behind.
        postgresql: URL of a database on the PostgreSQL server.
        environ: Further environment of the workers: tokens, and the ledger's URL.
    """
    database = sa.make_url(new_database(postgresql, "prefect"))
    port = servers.free_port()
    prefect = PrefectServer(f"http://{servers.LOOPBACK}:{port}", home)
    url = database.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    of_server = {**quiet_settings(home), "PREFECT_SERVER_DATABASE_CONNECTION_URL": url}
    names = ("worker-1", "worker-2")
    with ExitStack() as stack:
        server = stack.enter_context(
            servers.running(
                "Prefect's server", servers.prefect_arguments(port), of_server, home / "server.log"
            )
        )
        server.wait_until(lambda: servers.answers(f"{prefect.api}/health"), lambda name, s: None)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(prefect.used_here(patch))
        asyncio.run(_make_pool())
        for name in names:
            of_worker = {**without_prefect(), **quiet_settings(home), **environ}
            of_worker |= {"PREFECT_API_URL": prefect.api, "PREFECT_WORKER_QUERY_SECONDS": "1"}
            arguments = ["prefect", "worker", "start", "--pool", POOL, "--name", name]
            stack.enter_context(
                servers.running(
                    name, [*arguments, "--limit", str(AT_ONCE)], of_worker, home / f"{name}.log"
                )
            )
        until = time.monotonic() + STARTED_AFTER_S
        while len(prefect.ask(f"/work_pools/{POOL}/workers/filter")) < len(names):
            assert time.monotonic() < until, (home / "worker-1.log").read_text()
            time.sleep(LOOK_EVERY_S)
        yield Workers(prefect, names)


async def _make_pool() -> None:
    from prefect import get_client

    from flows.deploying import find_work_pool

    async with get_client() as client:
        await find_work_pool(client, Deployments(work_pool=POOL))


def new_database(postgresql: str, name: str) -> str:
    """Make another database on the same PostgreSQL server; its URL."""
    url = sa.make_url(postgresql)
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def named(company: Any, name: str, ledger: bool = False) -> None:
    """Give a company's target a name of its own."""
    changes: dict[str, Any] = {"target": {"name": name, "request_budget_s": 120}}
    if ledger:
        changes["ledger"] = {"url_env": "SCIMFLOW_LEDGER_URL"}
    company.settings(changes)
