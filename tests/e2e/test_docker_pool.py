"""`pool_type: docker`: what a Docker worker would hand to its engine, without an engine."""

import asyncio
from typing import Any

import pytest

from tests.command_parts import TOKEN, Company
from tests.e2e.test_deployments import deployments, start
from tests.prefect_parts import PrefectServer

POOL = "scimflow-containers"
VOLUMES = ["/srv/scimflow:/srv/scimflow"]
FILES = {"SCIMFLOW_TARGET_TOKEN_FILE": "/run/secrets/target_token"}


class Engine:
    """As much of a Docker engine's client as is asked before a container is made."""

    def version(self) -> dict[str, str]:
        return {"Version": "27.0.0"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_gets_a_container_of_the_image_with_the_folders_and_no_secret(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.settings(
        {
            "target": {"name": "contained"},
            "deployments": {
                "work_pool": POOL,
                "pool_type": "docker",
                "image": "scimflow:2026-11",
                "configuration": "/srv/scimflow/scimflow.yaml",
                "job_variables": {
                    "volumes": VOLUMES,
                    "networks": ["scimflow"],
                    "env": FILES,
                    "image_pull_policy": "Never",
                },
            },
        }
    )
    said = acme.say("deploy")
    assert said.code == 0, said.text
    pool = prefect.request("GET", f"/work_pools/{POOL}").json()
    assert pool["type"] == "docker"
    sync = deployments(prefect, "contained")["contained-sync"]
    assert sync["work_pool_name"] == POOL
    container = asyncio.run(container_of(pool, sync, start(prefect, sync)))
    assert container["image"] == "scimflow:2026-11"
    assert container["command"] == "prefect flow-run execute"
    assert container["volumes"] == VOLUMES
    assert FILES.items() <= container["environment"].items()
    assert container["environment"]["PREFECT_API_URL"]
    assert container["auto_remove"] is False
    assert TOKEN not in str(container)
    assert sync["parameters"]["configuration"] == "/srv/scimflow/scimflow.yaml"
    assert sync["entrypoint"] == "flows.sync_users.sync_users"


async def container_of(
    pool: dict[str, Any], deployment: dict[str, Any], flow_run: str
) -> dict[str, Any]:
    """What a Docker worker hands to its engine for a run of a deployment."""
    from uuid import UUID

    from prefect import get_client
    from prefect_docker.worker import DockerWorker, DockerWorkerJobConfiguration

    async with get_client() as client:
        run = await client.read_flow_run(UUID(flow_run))
        configuration = await DockerWorkerJobConfiguration.from_template_and_values(
            base_job_template=pool["base_job_template"],
            values=deployment["job_variables"],
            client=client,
        )
        found = await client.read_deployment(UUID(deployment["id"]))
        configuration.prepare_for_flow_run(run, found, await client.read_flow(found.flow_id))
        assert configuration.networks == ["scimflow"]
        engine: Any = Engine()
        kwargs = DockerWorker(POOL)._build_container_settings(engine, configuration)
    return dict(kwargs)
