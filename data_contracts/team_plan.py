"""What a plan does to teams: frozen values, as operations on accounts are."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from data_contracts.words import TeamOperationKind

TEAM_PREFIX = "team:"
"""Stands before a team's key where the ledger keeps keys of people: `team:Product`."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeamMember(NamedTuple):
    """Somebody who joins or leaves a team; in a plan's JSON a list of three.

    Attributes:
        worker_key: Who.
        account_id: Their account; None where the same plan makes it.
        reason: Why, as a code (`joined`, `moved`, `leaver`).
    """

    worker_key: str
    account_id: str | None
    reason: str


class TeamOperation(_Frozen):
    """One change to one team.

    Attributes:
        kind: What is done.
        team_key: Which team, by its value in the source.
        team_id: SCIM id; None where the same plan makes the team.
        name: The team's displayName after the operation.
        former_name: What it is called now, where it is renamed.
        external_id: What is sent as externalId; None for nothing.
        reason: Why, as a short code.
        explanation: Why, in words, without personal values.
        add: Who becomes a member, by worker key.
        remove: Who is a member no more, by worker key.
        fingerprint: Digest of the team as planned against; None for a new one.
    """

    kind: TeamOperationKind
    team_key: str
    team_id: str | None
    name: str
    former_name: str | None = None
    external_id: str | None = None
    reason: str
    explanation: str
    add: tuple[TeamMember, ...] = ()
    remove: tuple[TeamMember, ...] = ()
    fingerprint: str | None = None

    @property
    def operation_id(self) -> str:
        """Unique in a plan: one team has at most one operation of each kind."""
        return f"{self.kind}/{self.team_key}"

    # The ledger and the loader speak of operations on accounts; a team answers in their words.

    @property
    def worker_key(self) -> str:
        """The key under which the ledger keeps it, beside the keys of people."""
        return f"{TEAM_PREFIX}{self.team_key}"

    @property
    def account_id(self) -> str | None:
        """The resource that is written to."""
        return self.team_id

    @property
    def user_name(self) -> str:
        """What the resource is called."""
        return self.name

    @property
    def awaited(self) -> dict[str, str]:
        """Whose accounts its attributes refer to: nobody's. Members are looked up one by one."""
        return {}

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the attributes that are written."""
        if self.kind is TeamOperationKind.MEMBERS:
            return ("members",)
        if self.external_id is not None:
            return ("displayName", "externalId")
        return ("displayName",)


class TeamAdoption(_Frozen):
    """A team that was there already and is from now on managed; nothing is written for that."""

    team_key: str
    team_id: str
    name: str
    correlated_by: str
