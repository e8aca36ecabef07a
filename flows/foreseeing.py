"""The days of a backfill planned one after the other, each as if those before were carried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.batch import ContractReport
from data_contracts.errors import BatchRefused, SourceError
from data_contracts.plan import Plan
from data_contracts.snapshot import TargetSnapshot
from flows.latest import Known
from flows.pipeline import CheckedSources, Past, Preparation, check_sources, plan_inputs
from tasks.plan.foresee import Foreseen
from tasks.scim.client import ScimClient


@dataclass(frozen=True, slots=True, repr=False)
class ForeseenDay:
    """What a day would do.

    Attributes:
        day: The day.
        sources: The contracts' word on its deliveries; None where one cannot be read.
        plan: What would be done; None where a delivery is refused.
        now: Target and links before it.
        refused: Why a delivery is refused or cannot be read.
    """

    day: date
    sources: CheckedSources | None
    plan: Plan | None
    now: Foreseen | None
    refused: BatchRefused | SourceError | None = None

    @property
    def reports(self) -> tuple[ContractReport, ...]:
        """One report for each source."""
        return () if self.sources is None else self.sources.reports


class Foresight:
    """Plans days in order, on a target that is read once.

    Args:
        preparation: Settings, stages, the ledger; its day does not count.
        client: Reads the target.
        known: What is known today.
    """

    def __init__(self, preparation: Preparation, client: ScimClient, known: Known) -> None:
        self.accounts = pd.DataFrame()
        """The target's accounts as they are now, once they were read."""
        self.previous_rows: Mapping[str, int] = {}
        """Rows of the last delivery before the first day, by source."""
        self._preparation = preparation
        self._client = client
        self._known = known
        self._now: Foreseen | None = None
        self._previous: dict[str, int] | None = None

    async def plan(self, day: date) -> ForeseenDay:
        """Plan a day."""
        word = self._known.beyond(day)
        preparation = replace(self._preparation, as_of=AsOf(day), past=Past(word))
        sources: CheckedSources | None = None
        try:
            sources = await check_sources(preparation)
            sources.require_accepted()
        except (BatchRefused, SourceError) as error:
            return ForeseenDay(day, sources, None, None, error)
        settings, stages = preparation.project.settings, preparation.stages
        people = await stages.transform(sources.checked, settings, preparation.as_of)
        if self._now is None:
            self._now = await self._read([*people.paths, settings.role_path])
            self.accounts = self._now.snapshot.accounts
        inputs = plan_inputs(preparation, sources, people, self._now.snapshot)
        if self._previous is None:
            self.previous_rows = inputs.previous_rows
        inputs = replace(
            inputs,
            links=self._now.links,
            deactivated_by_us=self._now.deactivated_by_us,
            previous_rows=inputs.previous_rows if self._previous is None else self._previous,
        )
        plan = await stages.plan(inputs, settings, preparation.as_of)
        return ForeseenDay(day, sources, plan, self._now)

    def go_on(self, day: ForeseenDay) -> None:
        """Take a day's plan to be carried out."""
        if day.plan is not None and day.now is not None:
            self._now = day.now.after(day.plan)
            self._previous = {name: basis.rows for name, basis in day.plan.basis.sources.items()}

    async def _read(self, paths: Sequence[str]) -> Foreseen:
        preparation, target = self._preparation, self._preparation.project.settings.target.name
        preparation.tell(f"reading the accounts of {target}")
        snapshot: TargetSnapshot = await preparation.stages.read_target(
            self._client, preparation.project.settings, paths
        )
        if preparation.on_snapshot is not None:
            preparation.on_snapshot(snapshot)
        ledger = preparation.ledger
        return Foreseen(snapshot, ledger.links(target), frozenset(ledger.deactivated_by_us(target)))
