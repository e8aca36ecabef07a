"""The member's role: one of the known ones, wherever the target carries it, and never none.

Reference: support.productboard.com article 12796466210323 (a member without a role becomes a
contributor) and 12790439335315 (the role is the primary value of `roles`).
"""

from collections.abc import Mapping
from typing import Any

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.settings import RoleCarrier, SandboxSettings


class Roles:
    """Reads, checks and completes the role of a user."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._known = {role.casefold(): role for role in settings.known_roles}

    def role_of(self, user: Mapping[str, Any]) -> str | None:
        """The role as it is written in the user, wherever it is carried."""
        match self._settings.role_carrier:
            case RoleCarrier.USER_TYPE:
                return _text(user.get("userType"))
            case RoleCarrier.EXTENSION:
                return _text(user.get(self._settings.role_extension_urn, {}).get("role"))
            case RoleCarrier.ROLES:
                elements = user.get("roles") or [{}]
                return _text(elements[0].get("value"))

    def takes_seat(self, user: Mapping[str, Any]) -> bool:
        """Whether the user is an active member with a paid role."""
        return user.get("active") is not False and self.role_of(user) in self._settings.paid_roles

    def settle(self, user: dict[str, Any], before: Mapping[str, Any] | None = None) -> None:
        """Give the user exactly one known role.

        Args:
            user: The resource about to be stored; changed in place.
            before: The stored resource on a PATCH. A role added beside its role replaces it: a
                member has one.

        Raises:
            ScimProblem: 400 invalidValue for an unknown role, or two of them.
        """
        if self._settings.role_carrier is RoleCarrier.ROLES:
            self._settle_list(user, before)
        role = self.role_of(user)
        if role is None:
            self._write(user, self._settings.default_role)
            return
        known = self._known.get(role.casefold())
        if known is None:
            raise ScimProblem(
                400,
                f"the role is unknown; known are {', '.join(self._settings.known_roles)}",
                "invalidValue",
            )
        if known != role:
            self._write(user, known)

    def keep(self, user: dict[str, Any], before: Mapping[str, Any]) -> None:
        """Take over the stored role where the user names none."""
        stored = self.role_of(before)
        if stored is not None and self.role_of(user) is None:
            self._write(user, stored)

    def _settle_list(self, user: dict[str, Any], before: Mapping[str, Any] | None) -> None:
        elements = [element for element in user.get("roles") or [] if element.get("value")]
        if len(elements) > 1 and before is not None:
            old = [_details(element) for element in before.get("roles") or []]
            elements = [element for element in elements if _details(element) not in old]
        if len(elements) > 1:
            raise ScimProblem(400, "a member has one role, roles has several", "invalidValue")
        user.pop("roles", None)
        if elements:
            user["roles"] = elements

    def _write(self, user: dict[str, Any], role: str) -> None:
        match self._settings.role_carrier:
            case RoleCarrier.USER_TYPE:
                user["userType"] = role
            case RoleCarrier.EXTENSION:
                urn = self._settings.role_extension_urn
                user[urn] = {"role": role}
                if urn not in user["schemas"]:
                    user["schemas"].append(urn)
            case RoleCarrier.ROLES:
                first = (user.get("roles") or [{"primary": True}])[0]
                user["roles"] = [{**first, "value": role}]


def _details(element: Mapping[str, Any]) -> dict[str, Any]:
    """A role without `primary`, which moves to the one that was added."""
    return {name: value for name, value in element.items() if name != "primary"}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
