"""The plan step as a whole.

In: what the target should hold, what it holds, the ledger's links, the settings. Out: a `Plan`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.columns import is_in, texts
from data_contracts.configuration import Configuration
from data_contracts.desired import DesiredPeople
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, ACCOUNTS, LINKS, WORKER_KEY
from data_contracts.latest_word import LatestWord
from data_contracts.learned import Learned
from data_contracts.plan import Adoption, Operation, Plan, PlanBasis, SourceBasis
from data_contracts.scim.paths import parse_path
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import TeamInputs
from data_contracts.words import CorrelationKey, FindingSeverity, OperationKind, Presence
from tasks.plan.absent import add_absent
from tasks.plan.correlate import correlate
from tasks.plan.course import Circumstances, narrow
from tasks.plan.decide import Decision, decide, link_alone, restrict, restrict_kinds
from tasks.plan.diff import changed_attributes
from tasks.plan.digests import digest_of_frame
from tasks.plan.guardrails import Workforce, judge
from tasks.plan.habits import about_habits, leave_out_rewritten
from tasks.plan.late_dates import about_late_dates
from tasks.plan.latest import heed_latest, leave_out_undone
from tasks.plan.new_keys import follow_keys
from tasks.plan.operations import Comparison, build_operations, collection_paused
from tasks.plan.references import refer
from tasks.plan.teams import plan_teams


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """Everything that a plan is made from.

    Attributes:
        people: What the target should hold.
        snapshot: What it holds.
        links: Frame `frames.LINKS`, from the ledger.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.
        sources: Which deliveries the people come from, by source name.
        previous_rows: Rows of the last accepted delivery of each source, where there was one.
        learned: What earlier writes showed of the target.
        only: Worker keys of those for whom anything is to be done; None for everybody.
        kinds: The kinds of operations that are to be done; None for all.
        teams: What the teams' part is made from; None without a `teams` section.
        latest: What is known today, for a plan of a past day that a backfill replays; None for a
            plan that is made from the newest deliveries.
        links_alone: Whether only the ledger's links are to be made anew, and nothing is written.
        late: Deliveries that are older than one that was acted on.
    """

    people: DesiredPeople
    snapshot: TargetSnapshot
    links: pd.DataFrame
    deactivated_by_us: frozenset[str]
    sources: Mapping[str, SourceBasis]
    previous_rows: Mapping[str, int] = field(default_factory=dict)
    learned: Learned = field(default_factory=Learned)
    only: frozenset[str] | None = None
    kinds: frozenset[OperationKind] | None = None
    teams: TeamInputs | None = None
    latest: LatestWord | None = None
    links_alone: bool = False
    late: tuple[Finding, ...] = ()


def make_plan(inputs: PlanInputs, settings: Configuration, as_of: AsOf) -> Plan:
    """Work out what is to be done, and judge it.

    Args:
        inputs: Everything that the plan is made from.
        settings: The settings.
        as_of: The day the plan is for.

    Returns:
        The plan, sorted (leavers first, then by worker key), with its guardrails' results. The same
        arguments give the same plan byte for byte.
    """
    # positions are taken in these frames from here on: their order and index must be known
    accounts = ACCOUNTS.check(inputs.snapshot.accounts).sort_values(ACCOUNT_ID, ignore_index=True)
    links = LINKS.check(inputs.links).sort_values(WORKER_KEY, ignore_index=True)
    under = follow_keys(inputs.people, links, inputs.deactivated_by_us)
    inputs = replace(
        inputs, people=under.people, links=under.links, deactivated_by_us=under.deactivated_by_us
    )
    people = add_absent(inputs.people, inputs.links, settings)
    correlation = correlate(people.frame, accounts, inputs.links)
    present = _beside(accounts, correlation.position)
    kept_in_step = _kept_in_step(inputs.people, settings)
    compared = [path for path in kept_in_step if path not in inputs.learned.never_kept]
    comparison = Comparison(
        desired=people.frame,
        present=present,
        key=correlation.frame["key"],
        changed=leave_out_rewritten(
            changed_attributes(
                people.frame,
                present,
                correlation.position >= 0,
                [path for path in compared if path not in inputs.people.references],
                settings.target.extensions,
            ),
            people.frame,
            present,
            inputs.learned,
            settings.target.extensions,
        ),
        mapped=inputs.people.paths,
        role_path=settings.role_path,
    )
    circumstances = Circumstances(
        held_back=inputs.people.held_back,
        deactivated_by_us=inputs.deactivated_by_us,
        snapshot=replace(inputs.snapshot, accounts=accounts),
    )
    course = narrow(comparison, correlation, circumstances, settings)
    references = inputs.people.references
    if inputs.latest is not None:
        comparison = heed_latest(
            inputs.latest, comparison, correlation, course, accounts, settings, inputs.links_alone
        )
    referring = refer(comparison, correlation, course, references, compared, inputs.only)
    comparison = referring.comparison
    if inputs.latest is not None:
        comparison = leave_out_undone(
            inputs.latest, comparison, sorted(references), people.frame, inputs.learned, settings
        )
    decision = decide(comparison, correlation, circumstances, course)
    if inputs.links_alone:
        ours = is_in(course.keys, sorted(inputs.deactivated_by_us))
        active, found = comparison.present["active"], correlation.position >= 0
        decision = link_alone(decision, active, found, ours)
    if inputs.only is not None:
        decision = restrict(decision, people.frame[WORKER_KEY], inputs.only)
    if inputs.kinds is not None:
        decision = restrict_kinds(decision, inputs.kinds)
    with collection_paused():
        operations = tuple(_operations(comparison, decision))
        adoptions = tuple(_adoptions(comparison, decision))
    workforce = _workforce(inputs, accounts, comparison, decision, settings)
    findings = {*inputs.people.findings, *people.findings, *correlation.findings}
    findings |= {*about_habits(inputs.learned, kept_in_step), *_about_reading(inputs.snapshot)}
    findings |= {*referring.findings, *inputs.late, *under.findings}
    late_days, first = settings.lifecycle.late_days, links.empty
    findings |= {*about_late_dates(people.frame, decision, as_of, late_days, first=first)}
    read = inputs.snapshot.complete
    teams = plan_teams(inputs.teams, comparison, decision, settings, everybody_read=read)
    return Plan(
        target=settings.target.name,
        as_of=as_of.day,
        zone_days=dict(sorted(inputs.people.zone_days.items())),
        only=None if inputs.only is None else tuple(sorted(inputs.only)),
        kinds=_in_order(inputs.kinds),
        basis=_basis(inputs, accounts, links, settings, teams.basis),
        operations=operations,
        adoptions=_with_moves(adoptions, under.moves, inputs.only),
        team_operations=teams.operations,
        team_adoptions=teams.adoptions,
        findings=_sorted({*findings, *decision.findings, *teams.findings}),
        guardrails=(
            *judge(operations, len(adoptions), workforce, settings),
            *teams.guardrails,
        )
        if not inputs.links_alone
        else (),
        counts={**_counts(people.frame, decision, accounts, workforce), **teams.counts},
    )


def _beside(accounts: pd.DataFrame, position: pd.Series) -> pd.DataFrame:
    """The accounts' columns in the people's order; `active` is False where there is no account."""
    beside = accounts.reindex(position.to_numpy()).set_axis(position.index)
    return beside.assign(active=beside["active"].fillna(False).astype(bool))


def _kept_in_step(people: DesiredPeople, settings: Configuration) -> list[str]:
    extensions = settings.target.extensions
    not_kept = {str(parse_path(path, extensions)) for path in settings.target.not_kept}
    return [p for p in people.paths if p not in people.create_only and p not in not_kept]


def _operations(comparison: Comparison, decision: Decision) -> Iterable[Operation]:
    for kind in OperationKind:
        yield from build_operations(comparison, kind, decision.chosen[kind], decision.reason)


def _adoptions(comparison: Comparison, decision: Decision) -> Iterable[Adoption]:
    index = decision.adopted[decision.adopted].index
    desired, present = comparison.desired.loc[index], comparison.present.loc[index]
    left = decision.adopted & False if decision.left is None else decision.left
    for worker, account, login, external, key, has_left in zip(
        texts(desired[WORKER_KEY]),
        texts(present[ACCOUNT_ID]),
        texts(present["user_name"]),
        texts(present["external_id"]),
        texts(comparison.key.loc[index]),
        left.loc[index].tolist(),
        strict=True,
    ):
        yield Adoption(
            worker_key=str(worker),
            account_id=str(account),
            user_name=login or "",
            external_id=external,
            correlated_by=CorrelationKey(str(key)),
            left=bool(has_left),
        )


def _with_moves(
    adoptions: tuple[Adoption, ...], moves: tuple[Adoption, ...], only: frozenset[str] | None
) -> tuple[Adoption, ...]:
    """Whatever else is left out of a plan: operations name people by the keys of today."""
    theirs = [each for each in moves if only is None or each.worker_key in only]
    return tuple(sorted((*adoptions, *theirs), key=lambda each: each.worker_key))


def _workforce(
    inputs: PlanInputs,
    accounts: pd.DataFrame,
    comparison: Comparison,
    decision: Decision,
    settings: Configuration,
) -> Workforce:
    by_id = accounts.set_index(ACCOUNT_ID)
    unknown = pd.Series(None, index=by_id.index, dtype="str")
    managed = comparison.present["active"] & (decision.linked | decision.adopted)
    return Workforce(
        active=by_id["active"],
        managed_active=int(managed.sum()),
        roles=by_id.get(settings.role_path, unknown),
        source_rows={name: basis.rows for name, basis in inputs.sources.items()},
        previous_rows=inputs.previous_rows,
    )


def _basis(
    inputs: PlanInputs,
    accounts: pd.DataFrame,
    links: pd.DataFrame,
    settings: Configuration,
    teams: str,
) -> PlanBasis:
    link_columns = [WORKER_KEY, ACCOUNT_ID]
    return PlanBasis(
        sources=dict(sorted(inputs.sources.items())),
        configuration=settings.digest,
        target=digest_of_frame(accounts, sorted(set(map(str, accounts.columns)) - {"version"})),
        target_accounts=len(accounts),
        links=digest_of_frame(links, link_columns),
        teams=teams,
        beside={} if inputs.latest is None else dict(sorted(inputs.latest.sources.items())),
    )


def _about_reading(snapshot: TargetSnapshot) -> Iterable[Finding]:
    """An incomplete read is said also when it changes nothing for anybody: less was looked at."""
    if not snapshot.complete:
        yield Finding(
            code="target-read-incomplete",
            severity=FindingSeverity.WARNING,
            subject=snapshot.target,
            message="the accounts could not be read completely, so nobody is deactivated and only "
            f"accounts that were managed before are changed: {'; '.join(snapshot.notes)}",
            hint="run again; when it stays so, ask the target's operator about its list of users",
        )


def _in_order(kinds: frozenset[OperationKind] | None) -> tuple[OperationKind, ...] | None:
    return None if kinds is None else tuple(kind for kind in OperationKind if kind in kinds)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.code, f.subject, f.message, f.severity, f.hint)))


def _counts(
    people: pd.DataFrame, decision: Decision, accounts: pd.DataFrame, workforce: Workforce
) -> dict[str, int]:
    by_presence = decision.presence.value_counts()
    return {
        "people": len(people),
        **{f"people_{p}": int(by_presence.get(str(p), 0)) for p in Presence},
        "accounts": len(accounts),
        "accounts_active": int(accounts["active"].sum()),
        "accounts_managed_active": workforce.managed_active,
    }
