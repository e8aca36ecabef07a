"""The read-only commands' way to a plan: without Prefect, without a run in the ledger."""

from pathlib import Path

from flows.pipeline import (
    CheckedSources,
    Preparation,
    Prepared,
    check_sources,
    prepare_plan,
)
from flows.project import Project, find_token, open_project, utc_now
from flows.stages import PLAIN
from flows.telling import Teller
from tasks.ledger import open_ledger
from tasks.scim.client import open_client


async def read_sources(
    config: Path, as_of: str | None, tell: Teller, only: str | None = None
) -> tuple[Project, CheckedSources]:
    """Read and check exports, without a target and without a ledger's writing."""
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        preparation = Preparation(
            project, PLAIN, ledger, project.as_of(as_of), utc_now(), tell=tell
        )
        return project, await check_sources(preparation, only)


async def read_plan(config: Path, as_of: str | None, tell: Teller) -> tuple[Project, Prepared]:
    """Make a plan; the target is only read, the ledger too."""
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        preparation = Preparation(
            project, PLAIN, ledger, project.as_of(as_of), utc_now(), tell=tell
        )
        token = find_token(project)
        sources = await check_sources(preparation)
        sources.require_accepted()
        client = open_client(project.settings.target, token, folder=project.folder)
        async with client:
            return project, await prepare_plan(preparation, client, sources)
