"""A deployed sync whose plans are held, and how its form is answered."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from tests.command_parts import TODAY, Company
from tests.prefect_parts import PrefectServer
from tests.worker_parts import until

if TYPE_CHECKING:
    from prefect import Flow

POOL = "provisioning"


@dataclass(frozen=True)
class Deployed:
    """A company whose sync is deployed."""

    acme: Company
    server: PrefectServer
    deployment: str

    def start(self, day: str = TODAY) -> str:
        """Have a run started by the worker; its id."""
        parameters = {"configuration": str(self.acme.config), "as_of": day}
        path = f"/deployments/{self.deployment}/create_flow_run"
        state = {"type": "SCHEDULED"}
        return str(self.server.ask(path, parameters=parameters, state=state)["id"])

    def state(self, run_id: str) -> dict[str, Any]:
        """A run's state at Prefect."""
        return dict(self.server.flow_run(run_id)["state"] or {})

    def wait_for(self, run_id: str, *names: str) -> dict[str, Any]:
        """Wait until a run has one of these states."""
        return dict(
            until(lambda: found if (found := self.state(run_id)).get("name") in names else None)
        )

    def suspended(self, day: str = TODAY) -> str:
        """Start a run and wait until it is suspended; its id."""
        run_id = self.start(day)
        self.wait_for(run_id, "Suspended")
        return run_id

    def form(self, run_id: str) -> tuple[dict[str, Any], str]:
        """The form that a run shows: its schema, and the text above it."""
        keys = self.state(run_id)["state_details"]["run_input_keyset"]
        read = [
            httpx.get(f"{self.server.api}/flow_runs/{run_id}/input/{keys[part]}", timeout=30)
            for part in ("schema", "description")
        ]
        return read[0].raise_for_status().json(), str(read[1].raise_for_status().json())

    def next_form(self, run_id: str, number: int) -> str:
        """The text above a form, once it is the so many-th that a run shows."""

        def shown() -> str | None:
            state = self.state(run_id)
            key = str(state.get("state_details", {}).get("pause_key"))
            asks = state.get("name") == "Suspended" and key.endswith(f"-{number}")
            return self.form(run_id)[1] if asks else None

        return str(until(shown))

    def answer(self, run_id: str, **fields: str) -> dict[str, Any]:
        """Answer the form, as the UI does; what Prefect says to that."""
        given = {"reviewer": "Ada Moreau", "reason": "checked with HR", **fields}
        return dict(self.server.ask(f"/flow_runs/{run_id}/resume", run_input=given))

    def history(self) -> list[dict[str, Any]]:
        """The ledger's runs, newest first."""
        return list(self.acme.say("history", "--json").document["runs"])

    def ledger_run(self, run_id: str) -> dict[str, Any]:
        """The ledger's line of a Prefect flow run."""
        [found] = [r for r in self.history() if r["prefect_run_id"] == run_id]
        return found

    def lines(self, run_id: str, kind: str) -> list[dict[str, Any]]:
        """The audit trail's lines of one kind about a run of the ledger."""
        entries = self.acme.say("history", run_id, "--json").document["entries"]
        return [line for line in entries if line["kind"] == kind]

    def page(self, run_id: str) -> str:
        """The summary on a run's page."""
        return str(self.server.artifacts(run_id)["workspace-summary"])

    def runs_of(self, deployment: str) -> list[dict[str, Any]]:
        """The runs of another deployment."""
        asked = {"id": {"any_": [deployment]}}
        return list(self.server.ask("/flow_runs/filter", deployments=asked))

    @contextlib.contextmanager
    def deadlines(self) -> Iterator[str]:
        """What ends runs in time is deployed too, as long as the context lasts; its id."""
        deployment = asyncio.run(_deploy_deadline(self.acme))
        try:
            yield deployment
        finally:
            asyncio.run(_take_away(deployment))


def deploy(acme: Company, server: PrefectServer) -> Deployed:
    """Deploy a company's sync for workers of this machine."""
    return Deployed(acme, server, asyncio.run(_deploy(acme)))


async def _deploy(acme: Company) -> str:
    from flows.sync_users import sync_users

    return await _deployment(acme, sync_users, acme.folder.name, "flows.sync_users:sync_users")


async def _deploy_deadline(acme: Company) -> str:
    from flows.approval_deadline import NAME, approval_deadline

    entrypoint, name = "flows.approval_deadline:approval_deadline", f"workspace-{NAME}"
    return await _deployment(acme, approval_deadline, name, entrypoint)


async def _deployment(acme: Company, flow: "Flow[..., Any]", name: str, entrypoint: str) -> str:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.utilities.callables import parameter_schema

    step = "prefect.deployments.steps.set_working_directory"
    async with get_client() as client:
        with contextlib.suppress(ObjectAlreadyExists):
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        deployment = await client.create_deployment(
            flow_id=await client.create_flow(flow),
            name=name,
            parameters={"configuration": str(acme.config)},
            work_pool_name=POOL,
            entrypoint=entrypoint,
            parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
            pull_steps=[{step: {"directory": str(acme.folder)}}],
        )
    return str(deployment)


async def _take_away(deployment: str) -> None:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        await client.delete_deployment(UUID(deployment))
