"""The plan for teams: which are made, which renamed, who joins and who leaves.

Pure; a part of the plan step. A team is known by its key, the source's value: another name is a
rename. Teams are never deleted, and one that the ledger does not link is never touched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from data_contracts.canonical import digest_of
from data_contracts.configuration import Configuration, TeamRules
from data_contracts.finding import Finding
from data_contracts.plan import GuardrailResult
from data_contracts.team_plan import TEAM_PREFIX, TeamAdoption, TeamOperation
from data_contracts.teams import Team, TeamInputs, TeamSnapshot
from data_contracts.words import FindingSeverity, TeamOperationKind
from tasks.plan.decide import Decision
from tasks.plan.guardrails import counted
from tasks.plan.operations import Comparison
from tasks.plan.team_correlation import Correlated, correlate_teams
from tasks.plan.team_members import Membership, managed_people


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """What a plan does to teams; empty without a `teams` section."""

    operations: tuple[TeamOperation, ...] = ()
    adoptions: tuple[TeamAdoption, ...] = ()
    findings: tuple[Finding, ...] = ()
    guardrails: tuple[GuardrailResult, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    basis: str = ""


def plan_teams(
    inputs: TeamInputs | None,
    comparison: Comparison,
    decision: Decision,
    settings: Configuration,
    *,
    everybody_read: bool,
) -> TeamPlan:
    """Work out what is done to teams, and judge it.

    Args:
        inputs: Desired teams, present teams, links; None without a `teams` section.
        comparison: Everybody's desired and present columns.
        decision: What is done for whom.
        settings: The settings.
        everybody_read: Whether all accounts were read; if not, nobody is removed from a team.
    """
    rules = settings.teams
    if inputs is None or rules is None:
        return TeamPlan()
    people = managed_people(comparison, decision)
    membership = Membership.of(people, inputs.desired, remove_leavers=rules.leavers == "remove")
    correlated = Correlated()
    if not inputs.snapshot.unreadable:
        correlated = correlate_teams(inputs, membership.wanted, rules, settings.target.protected)
    may_remove = everybody_read and inputs.snapshot.complete
    operations = [
        *_renames(correlated, rules),
        *_creates(correlated, rules),
        *_members(correlated, membership, rules, may_remove=may_remove),
    ]
    findings = [
        *correlated.findings,
        *_about_reading(inputs.snapshot, settings.target.name),
        *_about_teams(correlated, membership),
    ]
    managed = sum(membership.managed_in(team) for team in correlated.teams.values())
    return TeamPlan(
        operations=tuple(operations),
        adoptions=correlated.adoptions,
        findings=tuple(findings),
        guardrails=_judge(operations, len(correlated.teams), managed, settings),
        counts={
            "teams": len(inputs.snapshot.teams),
            "teams_managed": len(correlated.teams),
            "team_members_managed": managed,
        },
        basis=_basis(inputs),
    )


def _renames(correlated: Correlated, rules: TeamRules) -> Iterator[TeamOperation]:
    for key in correlated.renamed:
        team = correlated.teams[key]
        yield TeamOperation(
            kind=TeamOperationKind.RENAME,
            team_key=key,
            team_id=team.team_id,
            name=rules.name_of(key),
            former_name=team.name,
            reason="renamed",
            explanation="has another name than the settings or the source give it",
            fingerprint=_fingerprint(team),
        )


def _creates(correlated: Correlated, rules: TeamRules) -> Iterator[TeamOperation]:
    for key in correlated.missing:
        yield TeamOperation(
            kind=TeamOperationKind.CREATE,
            team_key=key,
            team_id=None,
            name=rules.name_of(key),
            external_id=key if rules.external_id else None,
            reason="new-team",
            explanation="somebody belongs to it, and it is not at the target",
        )


def _members(
    correlated: Correlated, membership: Membership, rules: TeamRules, *, may_remove: bool
) -> Iterator[TeamOperation]:
    for key in sorted({*correlated.teams, *correlated.missing}):
        team = correlated.teams.get(key)
        if team is not None and team.members is None:
            continue
        add = membership.joining(key, team)
        remove = membership.leaving(key, team) if team is not None and may_remove else ()
        if not add and not remove:
            continue
        yield TeamOperation(
            kind=TeamOperationKind.MEMBERS,
            team_key=key,
            team_id=None if team is None else team.team_id,
            name=rules.name_of(key) if team is None or key in correlated.renamed else team.name,
            reason="members",
            explanation=_explanation(len(add), len(remove)),
            add=add,
            remove=remove,
            fingerprint=None if team is None else _fingerprint(team),
        )


def _explanation(joining: int, leaving: int) -> str:
    words = []
    if joining:
        words.append(f"{joining:,} who should be in it {'is' if joining == 1 else 'are'} not")
    if leaving:
        words.append(f"{leaving:,} who should not {'is' if leaving == 1 else 'are'}")
    return ", ".join(words)


def _judge(
    operations: Iterable[TeamOperation], managed_teams: int, members: int, settings: Configuration
) -> tuple[GuardrailResult, ...]:
    """Hold the teams' part against its guardrails; safe ones too."""
    each, limits = list(operations), settings.guardrails
    creates = sum(operation.kind is TeamOperationKind.CREATE for operation in each)
    removals = sum(len(operation.remove) for operation in each)
    return (
        counted("team_creates", limits.team_creates, creates, managed_teams),
        counted("team_removals", limits.team_removals, removals, members),
    )


def _about_reading(snapshot: TeamSnapshot, target: str) -> Iterator[Finding]:
    if snapshot.unreadable:
        yield Finding(
            code="teams-unreadable",
            severity=FindingSeverity.CRITICAL,
            subject=target,
            message=f"the teams cannot be read, so nothing is done to any: {snapshot.unreadable}",
            hint="switch teams on at the target (Productboard: Manage teams with SCIM), or take "
            "`teams` out of the settings",
        )
    elif not snapshot.complete:
        yield Finding(
            code="teams-read-incomplete",
            severity=FindingSeverity.WARNING,
            subject=target,
            message="the teams could not be read completely, so none is made and nobody is removed "
            f"from one: {'; '.join(snapshot.notes)}",
            hint="run again; when it stays so, ask the target's operator about its list of groups",
        )


def _about_teams(correlated: Correlated, membership: Membership) -> Iterator[Finding]:
    for key, team in sorted(correlated.teams.items()):
        subject = f"{TEAM_PREFIX}{key}"
        if team.members is None:
            yield Finding(
                code="team-members-unknown",
                severity=FindingSeverity.WARNING,
                subject=subject,
                message="its members could not be read, so they stay as they are",
                hint="run again",
            )
        if not membership.wanted.get(key):
            yield Finding(
                code="team-without-people",
                severity=FindingSeverity.INFO,
                subject=subject,
                message="nobody of the source belongs to it any more; the team stays, since teams "
                "are never deleted",
                hint="delete it at the target when it is no longer needed",
            )


def _fingerprint(team: Team) -> str:
    """Digest a team as it was planned against; short, since it only has to tell a change."""
    members = None if team.members is None else sorted(team.members)
    return digest_of([team.team_id, team.name, team.external_id, members])[7:23]


def _basis(inputs: TeamInputs) -> str:
    """Names the teams and the links that a plan was made from."""
    teams = [_fingerprint(team) for team in sorted(inputs.snapshot.teams, key=lambda t: t.team_id)]
    links = sorted([link.team_key, link.team_id] for link in inputs.links)
    return digest_of([teams, links, inputs.snapshot.complete, inputs.snapshot.unreadable])
