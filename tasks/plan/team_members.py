"""Who joins and who leaves which managed team.

Only people whose accounts are managed are ever moved: a member added by hand stays. Doubt keeps:
who is quarantined, kept, or of whom the source says nothing stays where they are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import texts
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.team_plan import TeamMember
from data_contracts.teams import TEAM_KEY, DesiredTeams, Team
from data_contracts.words import OperationKind, Presence, WorkerState
from tasks.plan.decide import Decision
from tasks.plan.operations import Comparison


@dataclass(frozen=True, slots=True)
class ManagedPeople:
    """The people whose accounts are managed after the plan.

    Attributes:
        accounts: Account by worker key; None where the plan makes it.
        owners: Worker key by account id, of the accounts that are there.
        present: Worker keys of those who should be members.
        left: Worker keys of those who have left.
    """

    accounts: Mapping[str, str | None]
    owners: Mapping[str, str]
    present: frozenset[str]
    left: frozenset[str]


def managed_people(comparison: Comparison, decision: Decision) -> ManagedPeople:
    """Pick the people whose accounts are managed out of everybody.

    Args:
        comparison: Everybody's desired and present columns.
        decision: What is done for whom.
    """
    created = decision.chosen[OperationKind.CREATE]
    managed = decision.linked | decision.adopted | created
    desired = comparison.desired[managed]
    keys = [str(key) for key in texts(desired[WORKER_KEY])]
    accounts = texts(comparison.present.loc[managed, ACCOUNT_ID].where(~created[managed]))
    presence = decision.presence[managed]
    gone = (presence == Presence.ABSENT) & (desired["state"] == WorkerState.LEAVER)
    return ManagedPeople(
        accounts=dict(zip(keys, accounts, strict=True)),
        owners={a: w for w, a in zip(keys, accounts, strict=True) if a is not None},
        present=_chosen(keys, presence == Presence.PRESENT),
        left=_chosen(keys, gone),
    )


def _chosen(keys: list[str], mask: pd.Series) -> frozenset[str]:
    return frozenset(key for key, holds in zip(keys, mask.tolist(), strict=True) if holds)


@dataclass(frozen=True, slots=True)
class Membership:
    """Who should be in which team, and who may be removed from one.

    Attributes:
        people: The people.
        wanted: By team key the workers who should be in it.
        movable: Workers who are removed from teams that they should not be in.
        leavers: Workers who are removed from every managed team.
    """

    people: ManagedPeople
    wanted: Mapping[str, frozenset[str]]
    movable: frozenset[str]
    leavers: frozenset[str]

    @classmethod
    def of(
        cls, people: ManagedPeople, desired: DesiredTeams, *, remove_leavers: bool
    ) -> "Membership":
        """Put together what the sources say and what is decided about the people."""
        wanted: dict[str, set[str]] = defaultdict(set)
        pairs = desired.memberships
        for worker, team in zip(texts(pairs[WORKER_KEY]), texts(pairs[TEAM_KEY]), strict=True):
            if worker in people.present:
                wanted[str(team)].add(str(worker))
        return cls(
            people=people,
            wanted={key: frozenset(workers) for key, workers in wanted.items()},
            movable=people.present & desired.known,
            leavers=people.left if remove_leavers else frozenset(),
        )

    def joining(self, key: str, team: Team | None) -> tuple[TeamMember, ...]:
        """Who is not in a team and should be, by worker key."""
        there = team.members or frozenset() if team is not None else frozenset()
        accounts = self.people.accounts
        return tuple(
            TeamMember(worker, accounts[worker], "joined")
            for worker in sorted(self.wanted.get(key, ()))
            if accounts[worker] is None or accounts[worker] not in there
        )

    def leaving(self, key: str, team: Team) -> tuple[TeamMember, ...]:
        """Who is in a team and should not be, by worker key."""
        wanted = self.wanted.get(key, frozenset())
        found = []
        for account in team.members or ():
            worker = self.people.owners.get(account)
            if worker in self.leavers:
                found.append(TeamMember(worker, account, "leaver"))
            elif worker in self.movable and worker not in wanted:
                found.append(TeamMember(worker, account, "moved"))
        return tuple(sorted(found))

    def managed_in(self, team: Team) -> int:
        """How many members of a team are people whose accounts are managed."""
        return sum(account in self.people.owners for account in team.members or ())
