"""What can be switched in the sandbox. The defaults are Productboard as far as it is documented.

Documented by Productboard (support.productboard.com, articles 12796466210323 "SCIM API",
12789758783123 "Configuring SCIM provisioning" and 12790439335315 "Configuring Productboard roles in
Okta correctly"): members are read, created, updated, deactivated, never deleted; `userName` is the
e-mail and the only required attribute; a member without a role becomes a contributor; the role is
the value of the primary element of the core attribute `roles`; look-up by `userName eq`; teams only
once "Manage teams with SCIM" is on. Whatever is not documented is a field below, to be set to what
a test wants to meet.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from deployments.sandbox.fault_plan import FaultSpec, read_fault_specs

PRODUCTBOARD_ROLES = ("admin", "maker", "contributor", "viewer")
PAID_ROLES = frozenset({"admin", "maker"})  # contributors and viewers cost nothing
# Made up for targets that carry the role in an extension. Productboard itself uses `roles`.
ROLE_EXTENSION = "urn:ietf:params:scim:schemas:extension:productboard:2.0:User"


class RoleCarrier(StrEnum):
    """Which attribute of the User carries the member's role."""

    ROLES = "roles"
    EXTENSION = "extension"
    USER_TYPE = "userType"


class FilterLevel(StrEnum):
    """How much of RFC 7644 section 3.4.2.2 is understood; the rest is 400 invalidFilter."""

    USER_NAME = "userName"
    """Only `userName eq "..."`, the one filter that Productboard documents."""
    COMMON = "common"
    """`eq` on userName, externalId, id, active, emails.value and displayName, and `and` between."""
    ALL = "all"
    """Every operator on every attribute."""


class Paging(StrEnum):
    """How lists are paged."""

    INDEX = "index"
    """By `startIndex`, as RFC 7644 section 3.4.2.4 has it."""
    CURSOR = "cursor"
    """By `cursor` alone (RFC 9865 section 2.3); `startIndex` says nothing."""
    BOTH = "both"
    """As the client asks; by index when it does not say."""


class SandboxSettings(BaseModel):
    """One sandbox. Frozen: what a running sandbox does never changes under a test's feet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(
        default=None, description="Bearer token that every request must carry. None: open to all."
    )

    role_carrier: RoleCarrier = Field(
        default=RoleCarrier.ROLES, description="Which attribute carries the role."
    )
    role_extension_urn: str = Field(
        default=ROLE_EXTENSION,
        pattern=r"^urn:\S+$",
        description="Schema of the extension that holds `role` when role_carrier is extension.",
    )
    roles: tuple[str, ...] = Field(
        default=PRODUCTBOARD_ROLES, min_length=1, description="The roles that exist."
    )
    custom_roles: tuple[str, ...] = Field(
        default=(), description="Custom roles of the workspace, beside the built-in ones."
    )
    default_role: str = Field(
        default="contributor", description="The role of a member created without one."
    )
    paid_roles: frozenset[str] = Field(
        default=PAID_ROLES, description="Roles whose active members take a seat."
    )
    seats: int | None = Field(
        default=None, ge=0, description="Active members with a paid role at most. None: no limit."
    )

    patch: bool = Field(default=True, description="PATCH works; otherwise it answers 501.")
    put: bool = Field(default=True, description="PUT works; otherwise it answers 405.")
    patch_answers_204: bool = Field(
        default=False, description="A successful PATCH answers 204 without a body."
    )
    put_keeps_omitted: bool = Field(
        default=False,
        description="A PUT without `active` or a role leaves both as they are. "
        "Otherwise they get their defaults, as a replacement of the whole resource means.",
    )

    default_page_size: int = Field(
        default=100, ge=1, description="Resources per page when the request names no count."
    )
    max_page_size: int = Field(
        default=100, ge=1, description="Resources per page at most; a higher count is capped."
    )
    paging: Paging = Field(
        default=Paging.INDEX, description="How lists are paged. Productboard documents no cursors."
    )
    cursor_timeout_s: int = Field(
        default=300, ge=1, description="Seconds that a cursor can be used (expiredCursor)."
    )
    filters: FilterLevel = Field(
        default=FilterLevel.USER_NAME, description="Which filters are understood."
    )
    sort: bool = Field(default=False, description="sortBy and sortOrder work; otherwise ignored.")
    etags: bool = Field(
        default=False, description="ETag, meta.version, If-Match (412) and If-None-Match (304)."
    )
    bulk: bool = Field(default=False, description="POST /Bulk works; otherwise it answers 501.")
    bulk_max_operations: int = Field(
        default=1000, ge=1, description="Operations in one bulk request at most (413)."
    )
    bulk_answers_bodies: bool = Field(
        default=False,
        description="Results of a bulk request hold the resources (`response`), "
        "which RFC 7644 section 3.7.3 leaves open for what went well.",
    )
    teams: bool = Field(default=False, description="/Groups exists; otherwise it is 404.")
    team_names_unique: bool = Field(
        default=False, description="A second team of the same name is 409. Not documented."
    )
    team_members_checked: bool = Field(
        default=False, description="A member who is no user is 400. Not documented."
    )

    strict_attributes: bool = Field(
        default=True,
        description="Unknown attributes and undeclared schemas are 400; otherwise ignored.",
    )
    lenient_booleans: bool = Field(
        default=True,
        description='"True" and "False" count as booleans, as Entra sends them.',
    )
    keeps_enterprise_extension: bool = Field(
        default=True,
        description="Enterprise attributes are stored; otherwise accepted and forgotten.",
    )
    forgotten_attributes: frozenset[str] = Field(
        default=frozenset(),
        description="Names of core attributes that are accepted and never stored.",
    )
    derives_display_name: bool = Field(
        default=False,
        description="displayName is always made of the name's parts, whatever is sent.",
    )
    external_id_unique: bool = Field(
        default=False,
        description="A second user with the same externalId is 409. "
        "RFC 7643 section 3.1 leaves externalId to the client, so it is off.",
    )
    user_name_must_be_email: bool = Field(
        default=False,
        description="A userName without an @ is 400. Productboard's is the e-mail; "
        "whether it checks is not documented.",
    )

    rate_limit_per_s: int = Field(
        default=50, ge=0, description="Requests a second for one token; 0 turns the limit off."
    )
    latency_ms: int = Field(default=0, ge=0, description="Each answer waits this long.")
    max_payload_bytes: int = Field(
        default=1024 * 1024, ge=1024, description="A longer request body is 413."
    )
    journal_size: int = Field(
        default=100_000, ge=0, description="Requests remembered; the oldest are forgotten first."
    )

    state_file: Path | None = Field(
        default=None, description="JSON file the state is read from at start and written to."
    )
    seed_file: Path | None = Field(
        default=None, description="JSON list of Users, loaded when there is no state yet."
    )
    made_up_users: int = Field(
        default=0, ge=0, description="Invented users, added when there is no state yet."
    )

    faults: Annotated[tuple[FaultSpec, ...], BeforeValidator(read_fault_specs)] = Field(
        default=(), description='Faults to inject: "NAME=0.05" or FaultSpec.'
    )
    fault_seed: int = Field(default=0, description="Seed of the dice that the faults roll.")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.default_role not in self.known_roles:
            raise ValueError(
                f"default_role {self.default_role!r} is not among {list(self.known_roles)}"
            )
        if self.default_page_size > self.max_page_size:
            raise ValueError("default_page_size exceeds max_page_size")
        return self

    @property
    def known_roles(self) -> tuple[str, ...]:
        """Built-in and custom roles."""
        return (*self.roles, *self.custom_roles)
