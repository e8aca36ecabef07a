"""The way from exports and target to a plan, written once for flows and read-only commands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch, ContractReport, RawBatch
from data_contracts.configuration import Configuration, SourceSettings
from data_contracts.desired import DesiredPeople
from data_contracts.errors import BatchRefused, SourceError
from data_contracts.export_contract import ExportContract
from data_contracts.finding import Finding
from data_contracts.latest_word import LatestWord
from data_contracts.plan import Plan, SourceBasis
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import TeamInputs, TeamSnapshot
from data_contracts.words import BatchVerdict, OperationKind
from flows.correcting import check_corrected
from flows.project import Project
from flows.stages import Checked, Stages
from flows.teams import teams_wanted
from flows.telling import Teller, silent
from tasks.extract.absent import absent_batch
from tasks.extract.contracts import read_contract
from tasks.ledger import LedgerReader
from tasks.plan.make import PlanInputs
from tasks.scim.client import ScimClient
from tasks.validate.deliveries import Known, find_late, tell_delivery


@dataclass(frozen=True, slots=True, repr=False)
class CheckedSources:
    """Every source's batch, read and held against its contract.

    Without a repr: asyncio asks a finished task for its result's, of everybody and with values.
    """

    raw: dict[str, RawBatch]
    checked: Checked
    contributing: frozenset[str] = frozenset()
    """Sources that decide about nobody: a run goes on when one of them is refused."""
    late: tuple[Finding, ...] = ()
    """Deliveries that are older than one that was acted on."""

    @property
    def reports(self) -> tuple[ContractReport, ...]:
        """One report for each source."""
        return tuple(batch.report for batch, _ in self.checked.values())

    def require_accepted(self) -> None:
        """Stop when a batch is refused that decides about people.

        Raises:
            BatchRefused: Names each refused batch and why.
        """
        refused = [
            (batch.report, contract)
            for batch, contract in self.checked.values()
            if batch.report.source not in self.contributing
            and batch.report.verdict is BatchVerdict.REFUSED
        ]
        if refused:
            lines = [f"{r.source}: {r.path}: {'; '.join(r.refusals)}" for r, _ in refused]
            raise BatchRefused("refused by contract: " + "\n".join(lines), hint=_hint(refused))

    def require_in_time(self, settings: Configuration, as_of: AsOf) -> None:
        """Stop when a delivery is older than one that was acted on; not with a day of its own.

        Raises:
            BatchRefused: Names each late delivery.
        """
        if as_of.moment is None:
            return
        refused = [f for f in self.late if settings.sources[f.subject].late_delivery == "refuse"]
        if refused:
            lines = [f"{finding.subject}: {finding.message}" for finding in refused]
            raise BatchRefused("nothing was written: " + "\n".join(lines), hint=refused[0].hint)


def _hint(refused: list[tuple[ContractReport, ExportContract]]) -> str | None:
    """What else than a corrected export is the way out; None when nothing is."""
    if any(contract.is_draft for _, contract in refused):
        return "complete the contract named above, then look with `scimflow check`"
    if not any(report.remedy for report, _ in refused):
        return None
    return "run `scimflow check`: it shows what to write into the contract if the change is meant"


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A plan, and what it was made from; without a repr, as CheckedSources."""

    sources: CheckedSources
    people: DesiredPeople
    snapshot: TargetSnapshot
    plan: Plan


@dataclass(frozen=True, slots=True)
class Past:
    """That a run replays a day of the past.

    Attributes:
        latest: What newer deliveries say; None when there is none.
        links_alone: Whether only the ledger's links are made anew.
    """

    latest: LatestWord | None = None
    links_alone: bool = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the way to a plan needs.

    Attributes:
        project: Settings and folder.
        stages: Plain or tracked stages.
        ledger: Read only: planning writes nothing.
        as_of: The day.
        now: The moment, for files that are still being written.
        tell: Told what is being done.
        on_snapshot: Given the target's accounts before the ledger's links are read, so that a run
            that writes can settle what an earlier one left open.
        only: Worker keys of those for whom anything is to be done; None for everybody.
        kinds: The kinds of operations that are to be done; None for all.
        on_teams: Likewise, given the target's teams.
        past: Where a day of the past is replayed: what is known since. Teams are left alone then.
    """

    project: Project
    stages: Stages
    ledger: LedgerReader
    as_of: AsOf
    now: datetime
    tell: Teller = silent
    on_snapshot: Callable[[TargetSnapshot], None] | None = None
    only: frozenset[str] | None = None
    kinds: frozenset[OperationKind] | None = None
    on_teams: Callable[[TeamSnapshot], None] | None = None
    past: Past | None = None


async def check_sources(preparation: Preparation, only: str | None = None) -> CheckedSources:
    """Read every export and hold it against its contract; nothing else is touched.

    Args:
        preparation: What is needed.
        only: Name of the one source to read.

    Raises:
        SourceError: An export is missing or unreadable, of a source that decides about people.
    """
    project, stages = preparation.project, preparation.stages
    raw: dict[str, RawBatch] = {}
    checked: dict[str, tuple[CheckedBatch, ExportContract]] = {}
    late: list[Finding | None] = []
    for name, source in project.settings.sources.items():
        if only is not None and name != only:
            continue
        contract = read_contract(source.contract, project.folder)
        preparation.tell(f"reading {name}")
        batch = await _read(preparation, name, source, contract, spare=only is None)
        preparation.tell(f"checking {name}: {batch.rows_read} rows")
        corrections = preparation.ledger.corrections(project.settings.target.name, name)
        corrected = await check_corrected(
            stages.check, batch, contract, preparation.as_of, corrections
        )
        report = corrected.checked.report
        if not report.absent:
            known = _known_deliveries(preparation, name, report.digest)
            late.append(find_late(report, source, contract, known))
            report = tell_delivery(report, known, late[-1])
        told = replace(corrected.checked, report=report)
        raw[name], checked[name] = corrected.batch, (told, contract)
    return CheckedSources(
        raw, checked, project.settings.contributing, tuple(each for each in late if each)
    )


async def _read(
    preparation: Preparation,
    name: str,
    source: SourceSettings,
    contract: ExportContract,
    *,
    spare: bool,
) -> RawBatch:
    """Read a source; one that decides about nobody may be missing, where `spare` allows it."""
    folder, now, as_of = preparation.project.folder, preparation.now, preparation.as_of
    try:
        return await preparation.stages.extract(name, source, contract, folder, now, as_of)
    except SourceError as error:
        if not spare or name not in preparation.project.settings.contributing:
            raise
        preparation.tell(f"{name}: {error.message}")
        return absent_batch(name, source, contract, error)


def _known_deliveries(preparation: Preparation, source: str, digest: str) -> Known:
    ledger, target = preparation.ledger, preparation.project.settings.target.name
    before = None if preparation.past is None else preparation.as_of.day
    last = ledger.last_delivery(target, source, before=before)
    if last is None or last.digest == digest:
        return Known(last, last)
    return Known(last, ledger.last_delivery(target, source, digest, before))


async def prepare_plan(
    preparation: Preparation, client: ScimClient, sources: CheckedSources
) -> Prepared:
    """Go from accepted rows to a judged plan. Writes nothing.

    Args:
        preparation: What is needed.
        client: Reads the target.
        sources: Checked batches, all accepted.

    Raises:
        BatchRefused: A batch is refused.
        TargetError: The target cannot be read.
    """
    sources.require_accepted()
    stages, settings = preparation.stages, preparation.project.settings
    preparation.tell("working out who should have an account")
    people = await stages.transform(sources.checked, settings, preparation.as_of)
    preparation.tell(f"reading the accounts of {settings.target.name}")
    # the role is read where it is not mapped too: the last admin is protected all the same
    paths = (*people.paths, settings.role_path)
    snapshot = await stages.read_target(client, settings, paths)
    if preparation.on_snapshot is not None:
        preparation.on_snapshot(snapshot)
    teams = await read_team_inputs(preparation, client, people)
    preparation.tell(f"planning: {len(people.frame)} people, {len(snapshot.accounts)} accounts")
    inputs = replace(plan_inputs(preparation, sources, people, snapshot), teams=teams)
    plan = await stages.plan(inputs, settings, preparation.as_of)
    return Prepared(sources, people, snapshot, plan)


async def read_team_inputs(
    preparation: Preparation, client: ScimClient, people: DesiredPeople
) -> TeamInputs | None:
    """Read the target's teams and which of them are managed.

    Returns:
        None without a `teams` section, and where only some people are worked on, or only some
        kinds of operations: who belongs together can only be told of everybody. None too of a day
        of the past: the next sync knows who belongs together today.

    Raises:
        LedgerError: The ledger cannot be read, or an open write not be settled.
    """
    settings, ledger = preparation.project.settings, preparation.ledger
    if settings.teams is None or people.teams is None:
        return None
    if preparation.only is not None or preparation.kinds is not None:
        return None
    if preparation.past is not None:
        return None
    target = settings.target.name
    preparation.tell(f"reading the teams of {target}")
    wanted = teams_wanted(ledger, target, people.teams, settings.teams)
    snapshot = await preparation.stages.read_teams(client, settings, wanted)
    if preparation.on_teams is not None:
        preparation.on_teams(snapshot)
    return TeamInputs(people.teams, snapshot, ledger.team_links(target))


def plan_inputs(
    preparation: Preparation,
    sources: CheckedSources,
    people: DesiredPeople,
    snapshot: TargetSnapshot,
) -> PlanInputs:
    """Gather what a plan is made from; the ledger is only read."""
    ledger, settings = preparation.ledger, preparation.project.settings
    target, past = settings.target.name, preparation.past
    before = None if past is None else preparation.as_of.day
    previous = {
        name: last.rows
        for name in sources.checked
        if (last := ledger.last_accepted_batch(target, name, before=before)) is not None
    }
    return PlanInputs(
        people=people,
        snapshot=snapshot,
        links=ledger.links(target),
        deactivated_by_us=frozenset(ledger.deactivated_by_us(target)),
        sources={r.source: source_basis(r) for r in sources.reports},
        previous_rows=previous,
        learned=ledger.learned(target, settings.never_learned),
        only=preparation.only,
        late=sources.late,
        kinds=preparation.kinds,
        latest=None if past is None else past.latest,
        links_alone=past is not None and past.links_alone,
    )


def source_basis(report: ContractReport) -> SourceBasis:
    """Name the delivery that a report is about."""
    return SourceBasis(
        path=report.path,
        digest=report.digest,
        contract=report.contract,
        contract_version=report.contract_version,
        rows=report.rows_read,
        accepted=report.rows_accepted,
        corrections=report.corrections,
    )
