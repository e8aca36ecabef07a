"""The stages of a run as functions: plain ones, or Prefect tasks with the same signatures.

`plan`, `check`, `drift` and `explain` run the plain ones without Prefect; the flows run the tracked
ones. What is done is written once, in `flows.pipeline`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch, RawBatch
from data_contracts.configuration import Configuration, SourceSettings
from data_contracts.desired import DesiredPeople
from data_contracts.export_contract import ExportContract
from data_contracts.partitions import spread_here
from data_contracts.plan import Plan
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import TeamSnapshot, TeamsWanted
from flows.project import BLOCKS
from tasks.extract.sources import read_source
from tasks.extract.target import read_target
from tasks.extract.teams import read_teams
from tasks.plan.make import PlanInputs, make_plan
from tasks.scim.client import ScimClient
from tasks.transform.people import build_desired
from tasks.validate.check import check_batch

Checked = Mapping[str, tuple[CheckedBatch, ExportContract]]


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages up to the plan, each awaitable."""

    extract: Callable[
        [str, SourceSettings, ExportContract, Path, datetime, AsOf], Awaitable[RawBatch]
    ]
    check: Callable[[str, RawBatch, ExportContract, AsOf], Awaitable[CheckedBatch]]
    transform: Callable[[Checked, Configuration, AsOf], Awaitable[DesiredPeople]]
    read_target: Callable[[ScimClient, Configuration, Sequence[str]], Awaitable[TargetSnapshot]]
    plan: Callable[[PlanInputs, Configuration, AsOf], Awaitable[Plan]]
    read_teams: Callable[[ScimClient, Configuration, TeamsWanted], Awaitable[TeamSnapshot]]


async def extract_export(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    folder: Path,
    now: datetime,
    as_of: AsOf,
) -> RawBatch:
    """Read one export, or ask a system for it."""
    return await read_source(
        source, settings, contract, folder=folder, now=now, as_of=as_of, blocks=BLOCKS
    )


async def check_export(
    source: str, batch: RawBatch, contract: ExportContract, as_of: AsOf
) -> CheckedBatch:
    """Hold one export against its contract."""
    return check_batch(batch, contract, as_of=as_of.latest, spread=spread_here())


async def transform_people(checked: Checked, settings: Configuration, as_of: AsOf) -> DesiredPeople:
    """Work out what the target should hold."""
    return build_desired(checked, settings, as_of, spread=spread_here())


async def read_accounts(
    client: ScimClient, settings: Configuration, paths: Sequence[str]
) -> TargetSnapshot:
    """Read what the target holds."""
    return await read_target(client, settings.target, paths)


async def read_present_teams(
    client: ScimClient, settings: Configuration, wanted: TeamsWanted
) -> TeamSnapshot:
    """Read the target's teams."""
    return await read_teams(client, settings.target, wanted)


async def plan_changes(inputs: PlanInputs, settings: Configuration, as_of: AsOf) -> Plan:
    """Work out what is to be done, and judge it."""
    return make_plan(inputs, settings, as_of)


PLAIN = Stages(
    extract_export,
    check_export,
    transform_people,
    read_accounts,
    plan_changes,
    read_present_teams,
)
"""The stages without Prefect."""
