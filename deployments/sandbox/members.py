"""What Productboard demands of a member: a unique e-mail as userName, one role, a free seat."""

from collections.abc import Mapping
from typing import Any

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.roles import Roles
from deployments.sandbox.settings import SandboxSettings
from deployments.sandbox.store import ResourceStore


class MemberRules:
    """Settles users before they are stored."""

    def __init__(self, settings: SandboxSettings, roles: Roles, store: ResourceStore) -> None:
        self._settings = settings
        self._store = store  # marks the users that take a seat
        self._roles = roles

    def settle(
        self, resource: dict[str, Any], before: Mapping[str, Any] | None, *, replaced: bool
    ) -> None:
        """Complete a user in place.

        Args:
            resource: The user about to be stored.
            before: What is stored now; None for a new user.
            replaced: Whether a PUT stands behind it, which may leave out what has a default.

        Raises:
            ScimProblem: 400 for a bad userName or role, 409 for one that is taken, 403 when all
                seats are.
        """
        if replaced and before is not None and self._settings.put_keeps_omitted:
            self._roles.keep(resource, before)
            resource.setdefault("active", before.get("active", True))
        resource.setdefault("active", True)
        self._check_user_name(resource["userName"])
        self._roles.settle(resource, None if replaced else before)
        own_id = before["id"] if before is not None else None
        self._check_unique(resource, own_id)
        self._check_seats(resource, before)

    def _check_user_name(self, user_name: str) -> None:
        if self._settings.user_name_must_be_email and "@" not in user_name.strip("@"):
            raise ScimProblem(400, "userName must be an e-mail address", "invalidValue")

    def _check_unique(self, resource: Mapping[str, Any], own_id: str | None) -> None:
        if any(i != own_id for i in self._store.ids_by_user_name(resource["userName"])):
            raise ScimProblem(409, "another user has this userName", "uniqueness")
        external_id = resource.get("externalId")
        if not self._settings.external_id_unique or external_id is None:
            return
        if any(i != own_id for i in self._store.ids_by_external_id(external_id)):
            raise ScimProblem(409, "another user has this externalId", "uniqueness")

    def _check_seats(self, resource: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
        seats = self._settings.seats
        if seats is None or not self._roles.takes_seat(resource):
            return
        if before is not None and self._roles.takes_seat(before):
            return
        if len(self._store.marked) >= seats:
            paid = ", ".join(sorted(self._settings.paid_roles))
            raise ScimProblem(403, f"all {seats} seats for {paid} are taken")


class TeamRules:
    """Settles teams before they are stored; what they demand is not documented, so a switch."""

    def __init__(
        self, settings: SandboxSettings, users: ResourceStore, teams: ResourceStore
    ) -> None:
        self._settings = settings
        self._users = users
        self._teams = teams

    def settle(
        self, resource: dict[str, Any], before: Mapping[str, Any] | None, *, replaced: bool
    ) -> None:
        """Refuse a name that is taken, and members who are no users.

        Raises:
            ScimProblem: 409 for the name, 400 for a member.
        """
        own_id = before["id"] if before is not None else None
        if self._settings.team_names_unique:
            name = resource["displayName"].casefold()
            others = (team for team in self._teams.users() if team["id"] != own_id)
            if any(team["displayName"].casefold() == name for team in others):
                raise ScimProblem(409, "another team has this displayName", "uniqueness")
        if self._settings.team_members_checked:
            for member in resource.get("members", ()):
                if member.get("value") not in self._users:
                    raise ScimProblem(400, "a member is no user", "invalidValue")
