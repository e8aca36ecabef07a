"""Which team at the target is whose: by ledger link; by externalId and name to adopt or report.

A team that the ledger does not link is somebody else's. With `existing: leave` it is reported and
never touched; with `existing: adopt` it comes under management when it is certain which one it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from data_contracts.configuration import TeamRules
from data_contracts.finding import Finding
from data_contracts.team_plan import TEAM_PREFIX, TeamAdoption
from data_contracts.teams import Team, TeamInputs, folded_name
from data_contracts.words import FindingSeverity

ADOPT_HINT = (
    "rename the one at the target, give the new one another name in `teams.names`, or let scimflow "
    "manage the one that is there: `teams.existing: adopt`"
)


@dataclass(frozen=True, slots=True)
class Correlated:
    """The teams that may be worked on.

    Attributes:
        teams: By key, the team at the target.
        missing: Keys without a team, that may be made.
        renamed: Keys whose team may be renamed: the new name is free.
        adoptions: Teams that come under management.
        findings: What a person should know or decide.
    """

    teams: Mapping[str, Team] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    adoptions: tuple[TeamAdoption, ...] = ()
    findings: tuple[Finding, ...] = ()


def correlate_teams(
    inputs: TeamInputs, wanted: Iterable[str], rules: TeamRules, protected: Iterable[str]
) -> Correlated:
    """Find the team of each key.

    Args:
        inputs: Desired teams, present teams, links.
        wanted: Keys of teams that somebody should be in.
        rules: `teams` of the settings.
        protected: Names and ids that are never touched.
    """
    return _Correlation(inputs, sorted(set(wanted)), rules, protected).result()


class _Correlation:
    """Everything by key, filled in rule by rule."""

    def __init__(
        self, inputs: TeamInputs, wanted: list[str], rules: TeamRules, protected: Iterable[str]
    ) -> None:
        self._rules = rules
        self._snapshot = inputs.snapshot
        self._wanted = wanted
        self._links = inputs.by_key
        self._owners = {link.team_id: link.team_key for link in inputs.links}
        self._protected = frozenset(folded_name(name) for name in protected)
        self._by_id = {team.team_id: team for team in inputs.snapshot.teams}
        self._by_name: dict[str, list[Team]] = defaultdict(list)
        self._by_external_id: dict[str, list[Team]] = defaultdict(list)
        for team in sorted(inputs.snapshot.teams, key=lambda each: each.team_id):
            self._by_name[folded_name(team.name)].append(team)
            if team.external_id:
                self._by_external_id[team.external_id].append(team)
        self._teams: dict[str, Team] = {}
        self._missing: list[str] = []
        self._adoptions: list[TeamAdoption] = []
        self._findings: list[Finding] = []

    def result(self) -> Correlated:
        shared = self._names_given_twice()
        for key in sorted({*self._wanted, *self._links}):
            self._find(key, nameless=key in shared)
        named = sorted(set(self._teams) - shared)
        renamed = [key for key in named if self._may_rename(key)]
        return Correlated(
            self._teams,
            tuple(self._missing),
            tuple(renamed),
            tuple(self._adoptions),
            tuple(self._findings),
        )

    def _note(
        self, key: str, code: str, message: str, hint: str = "", *, severity: FindingSeverity
    ) -> None:
        subject = f"{TEAM_PREFIX}{key}"
        self._findings.append(
            Finding(code=code, severity=severity, subject=subject, message=message, hint=hint)
        )

    def _names_given_twice(self) -> frozenset[str]:
        """Keys that would be called the same: which people are in which could not be told."""
        keys: dict[str, list[str]] = defaultdict(list)
        there = {link.team_key for link in self._links.values() if link.team_id in self._by_id}
        for key in {*self._wanted, *there}:
            keys[folded_name(self._rules.name_of(key))].append(key)
        shared = frozenset(key for group in keys.values() if len(group) > 1 for key in group)
        for key in sorted(shared):
            self._note(
                key,
                "team-name-shared",
                "another team of the source would have the same name: neither is made or renamed",
                "give them different names in `teams.names`, or make them one with `teams.values`",
                severity=FindingSeverity.CRITICAL,
            )
        return shared

    def _find(self, key: str, *, nameless: bool) -> None:
        link = self._links.get(key)
        if link is not None and (team := self._by_id.get(link.team_id)) is not None:
            if not self._is_protected(key, team):
                self._teams[key] = team
            return
        if key not in self._wanted or nameless:
            return
        if not self._snapshot.complete:
            self._note(
                key,
                "team-put-off",
                "no team of this key was seen, and the teams could not be read completely: none is "
                "made",
                severity=FindingSeverity.WARNING,
            )
            return
        candidates = self._candidates(key)
        if candidates:
            self._judge(key, candidates)
        elif not self._is_protected(key):
            self._missing.append(key)

    def _candidates(self, key: str) -> list[tuple[str, Team]]:
        """Teams that are there and could be meant, with what they were found by."""
        name = folded_name(self._rules.name_of(key))
        found = {t.team_id: ("displayName", t) for t in self._by_name[name]}
        found |= {t.team_id: ("externalId", t) for t in self._by_external_id.get(key, ())}
        return [found[team_id] for team_id in sorted(found)]

    def _judge(self, key: str, candidates: list[tuple[str, Team]]) -> None:
        (found_by, team), *others = candidates
        if others:
            ids = ", ".join(t.team_id for _, t in candidates)
            message = f"several teams at the target may be meant: {ids}"
            self._note(key, "team-ambiguous", message, _ONE, severity=FindingSeverity.CRITICAL)
        elif team.team_id in self._owners:
            message = f"the team {team.team_id} with this {found_by} is managed for another key"
            self._note(key, "team-conflict", message, _ONE, severity=FindingSeverity.CRITICAL)
        elif self._is_protected(key, team):
            return
        elif self._rules.existing == "leave":
            message = f"a team with this {found_by} is there already ({team.team_id}), and not ours"
            self._note(
                key, "team-not-managed", message, ADOPT_HINT, severity=FindingSeverity.WARNING
            )
        elif found_by == "displayName" and team.external_id not in (None, key):
            message = f"the team {team.team_id} has this name and another externalId"
            self._note(key, "team-conflict", message, _ONE, severity=FindingSeverity.CRITICAL)
        else:
            self._teams[key] = team
            self._adoptions.append(
                TeamAdoption(
                    team_key=key, team_id=team.team_id, name=team.name, correlated_by=found_by
                )
            )

    def _is_protected(self, key: str, team: Team | None = None) -> bool:
        names = [self._rules.name_of(key)]
        names += [] if team is None else [team.team_id, team.name]
        if self._protected.isdisjoint(map(folded_name, names)):
            return False
        self._note(
            key,
            "protected",
            "the team, or the name, is protected by the settings: left as it is",
            severity=FindingSeverity.INFO,
        )
        return True

    def _may_rename(self, key: str) -> bool:
        """Whether the team has another name than it should, and nobody else has that one."""
        team, name = self._teams[key], self._rules.name_of(key)
        if key not in self._wanted or team.name.strip() == name.strip():
            return False
        others = [t for t in self._by_name[folded_name(name)] if t.team_id != team.team_id]
        if others:
            self._note(
                key,
                "team-name-taken",
                f"the name that it should have is another team's ({others[0].team_id}): it keeps "
                "the one it has",
                _ONE,
                severity=FindingSeverity.WARNING,
            )
        return not others


_ONE = "a person decides: rename or delete one at the target, or correct `teams.names`"
