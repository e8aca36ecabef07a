"""The deployments as a prefect.yaml, for those who deploy with `prefect deploy`."""

from collections.abc import Iterable
from typing import Any

import yaml

from data_contracts.configuration import Deployments
from flows.jobs import Deployed

HEAD = """\
# What Prefect runs of scimflow. Made with `scimflow deploy --print`; a test compares.
#
#   prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml
#
# The flows are named by their modules: scimflow is installed where this is deployed and on the
# workers, so that nothing is pulled, and no path of this machine is stored. `configuration` is a
# path on the workers. No secret belongs here: whatever `{{ }}` brings in is stored in clear text.
"""


def prefect_file(deployed: Iterable[Deployed], wanted: Deployments) -> str:
    """Write a prefect.yaml.

    Args:
        deployed: The deployments.
        wanted: Names the work pool.
    """
    pool: dict[str, Any] = {"name": wanted.work_pool}
    if wanted.variables:
        pool["job_variables"] = wanted.variables
    document = {
        "name": "scimflow",
        "build": [],
        "push": [],
        "pull": [],
        "deployments": [_entry(each, pool) for each in deployed],
    }
    return HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=99)


def _entry(deployed: Deployed, pool: dict[str, Any]) -> dict[str, Any]:
    schedules = []
    if deployed.schedule is not None:
        schedules = [
            {
                "slug": deployed.job.name,
                "cron": deployed.schedule.cron,
                "timezone": deployed.time_zone,
                "active": deployed.schedule.active,
            }
        ]
    return {
        "name": deployed.name,
        "description": deployed.job.about,
        "entrypoint": deployed.job.entrypoint,
        "parameters": dict(deployed.parameters),
        "enforce_parameter_schema": True,
        "tags": list(deployed.tags),
        "schedules": schedules,
        "concurrency_limit": {"limit": 1, "collision_strategy": deployed.collision},
        "work_pool": dict(pool),
    }


class _Dumper(yaml.SafeDumper):
    """Writes out what occurs twice: a reader need not look for an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
