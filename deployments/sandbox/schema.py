"""The attributes of users and teams, as RFC 7643 section 4 and 8.7.1 define them.

One compact table serves validation, filters, PATCH and the /Schemas endpoint, so that the service
cannot announce something else than it does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from deployments.sandbox.constants import CORE_GROUP, CORE_USER, ENTERPRISE_USER
from deployments.sandbox.settings import RoleCarrier, SandboxSettings

Type = Literal[
    "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"
]
Mutability = Literal["readOnly", "readWrite", "immutable", "writeOnly"]
Returned = Literal["always", "never", "default", "request"]
Uniqueness = Literal["none", "server", "global"]


@dataclass(frozen=True)
class Attribute:
    """One attribute definition (RFC 7643 section 7)."""

    name: str
    description: str
    type: Type = "string"
    multi: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    canonical: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sub: tuple["Attribute", ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, "Attribute"]:
        """Sub-attributes by lower-case name: attribute names ignore case (section 2.1)."""
        return {attribute.name.lower(): attribute for attribute in self.sub}


@dataclass(frozen=True)
class Schema:
    """A core schema or an extension."""

    urn: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Attribute]:
        """Attributes by lower-case name."""
        return {attribute.name.lower(): attribute for attribute in self.attributes}


def _text(name: str, description: str, canonical: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name, description, canonical=canonical)


def _group(name: str, description: str, *sub: Attribute) -> Attribute:
    return Attribute(name, description, type="complex", sub=sub)


def _plural(
    name: str,
    description: str,
    *types: str,
    value: Attribute | None = None,
    mutability: Mutability = "readWrite",
) -> Attribute:
    """A multi-valued attribute with the standard sub-attributes of section 2.4."""
    sub = (
        value or _text("value", f"The value of one of the {name}."),
        _text("display", "A human-readable name."),
        _text("type", "A label for the function of the value.", types),
        Attribute("primary", "Whether it is the preferred one.", type="boolean"),
    )
    return Attribute(name, description, type="complex", multi=True, mutability=mutability, sub=sub)


def _link(name: str, description: str, *references: str) -> Attribute:
    return Attribute(name, description, type="reference", references=references, case_exact=True)


# Section 3.1: what every resource has, in no schema of its own.
COMMON = Schema(
    "",
    "Common",
    "Attributes of every resource.",
    (
        Attribute(
            "schemas",
            "Schemas the resource consists of.",
            type="reference",
            multi=True,
            required=True,
            case_exact=True,
            returned="always",
        ),
        Attribute(
            "id",
            "Identifier given by the service.",
            case_exact=True,
            mutability="readOnly",
            returned="always",
            uniqueness="server",
        ),
        Attribute("externalId", "Identifier given by the client.", case_exact=True),
        Attribute(
            "meta",
            "What the service knows about the resource.",
            type="complex",
            mutability="readOnly",
            sub=(
                Attribute("resourceType", "Kind of resource.", case_exact=True),
                Attribute("created", "When it was created.", type="dateTime"),
                Attribute("lastModified", "When it last changed.", type="dateTime"),
                _link("location", "Its own address.", "uri"),
                Attribute("version", "Its entity tag.", case_exact=True),
            ),
        ),
    ),
)

_USER = (
    Attribute(
        "userName", "The login; at Productboard the e-mail.", required=True, uniqueness="server"
    ),
    _group(
        "name",
        "The parts of the person's name.",
        _text("formatted", "The full name as it is displayed."),
        _text("familyName", "The family name."),
        _text("givenName", "The given name."),
        _text("middleName", "The middle names."),
        _text("honorificPrefix", "The title in front of the name."),
        _text("honorificSuffix", "The suffix after the name."),
    ),
    _text("displayName", "The name shown to others."),
    _text("nickName", "The casual name."),
    _link("profileUrl", "The person's page.", "external"),
    _text("title", "The job title."),
    _text("userType", "The relation to the organization."),
    _text("preferredLanguage", "Languages in the form of Accept-Language."),
    _text("locale", "For formats of numbers and dates."),
    _text("timezone", "Time zone in the form of the Olson database."),
    Attribute("active", "Whether the member may sign in.", type="boolean"),
    Attribute("password", "Never stored.", mutability="writeOnly", returned="never"),
    _plural("emails", "E-mail addresses.", "work", "home", "other"),
    _plural(
        "phoneNumbers",
        "Telephone numbers.",
        "work",
        "home",
        "mobile",
        "fax",
        "pager",
        "other",
    ),
    _plural(
        "ims",
        "Instant messaging addresses.",
        "aim",
        "gtalk",
        "icq",
        "xmpp",
        "msn",
        "skype",
        "qq",
        "yahoo",
    ),
    _plural(
        "photos",
        "Pictures.",
        "photo",
        "thumbnail",
        value=_link("value", "Where the picture is.", "external"),
    ),
    Attribute(
        "addresses",
        "Postal addresses.",
        type="complex",
        multi=True,
        sub=(
            _text("formatted", "The address as it is displayed."),
            _text("streetAddress", "Street and number."),
            _text("locality", "City."),
            _text("region", "State or region."),
            _text("postalCode", "Postal code."),
            _text("country", "Country, ISO 3166-1 alpha-2."),
            _text("type", "A label for the address.", ("work", "home", "other")),
            Attribute("primary", "Whether it is the preferred one.", type="boolean"),
        ),
    ),
    Attribute(
        "groups",
        "Teams the person belongs to. Never filled here: read a team's members.",
        type="complex",
        multi=True,
        mutability="readOnly",
        sub=(
            Attribute("value", "Identifier of the team.", mutability="readOnly"),
            replace(_link("$ref", "Address of the team.", "Group"), mutability="readOnly"),
            Attribute("display", "Name of the team.", mutability="readOnly"),
            Attribute("type", "direct or indirect.", mutability="readOnly"),
        ),
    ),
    _plural("entitlements", "What the person is entitled to."),
    _plural("roles", "The person's roles."),
    _plural(
        "x509Certificates",
        "Certificates.",
        value=Attribute("value", "DER in base64.", type="binary", case_exact=True),
    ),
)

_ENTERPRISE = Schema(
    ENTERPRISE_USER,
    "EnterpriseUser",
    "What organizations add to a user.",
    (
        _text("employeeNumber", "Identifier given by the organization."),
        _text("costCenter", "The cost center."),
        _text("organization", "The organization."),
        _text("division", "The division."),
        _text("department", "The department."),
        _group(
            "manager",
            "The person's manager.",
            _text("value", "Identifier of the manager's User."),
            _link("$ref", "Address of the manager's User.", "User"),
            Attribute("displayName", "Name of the manager.", mutability="readOnly"),
        ),
    ),
)

_GROUP = Schema(
    CORE_GROUP,
    "Group",
    "A team.",
    (
        Attribute("displayName", "Name of the team.", required=True),
        Attribute(
            "members",
            "The people of the team.",
            type="complex",
            multi=True,
            sub=(
                Attribute("value", "Identifier of the member.", mutability="immutable"),
                replace(_link("$ref", "Address of the member.", "User"), mutability="immutable"),
                Attribute(
                    "type", "Kind of member.", mutability="immutable", canonical=("User", "Group")
                ),
                Attribute("display", "Name of the member.", mutability="immutable"),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Kind:
    """A resource type: its endpoint and its schemas."""

    name: str
    endpoint: str
    description: str
    core: Schema
    extensions: tuple[Schema, ...] = ()
    forgotten: frozenset[str] = field(default=frozenset())
    """Lower-case attribute names and schema URNs that are accepted and never stored."""
    derives_display_name: bool = False
    """Whether displayName is made of the name, whatever is sent."""

    @cached_property
    def announced(self) -> tuple[Schema, ...]:
        """Extensions that the service really keeps."""
        return tuple(e for e in self.extensions if e.urn.lower() not in self.forgotten)

    def extension(self, urn: str) -> Schema | None:
        """The extension of that URN, in any case: Entra relies on it."""
        return self._by_urn.get(urn.lower())

    def attribute(self, name: str) -> Attribute | None:
        """The core or common attribute of that name, in any case."""
        return self._by_name.get(name.lower())

    @cached_property
    def _by_urn(self) -> Mapping[str, Schema]:
        return {extension.urn.lower(): extension for extension in self.extensions}

    @cached_property
    def _by_name(self) -> Mapping[str, Attribute]:
        return {**COMMON.by_name, **self.core.by_name}

    @cached_property
    def urns(self) -> tuple[str, ...]:
        """Core and extension URNs, the longest first: one may begin with another."""
        known = [self.core.urn, *(extension.urn for extension in self.extensions)]
        return tuple(sorted(known, key=len, reverse=True))


def user_kind(settings: SandboxSettings) -> Kind:
    """The User of this sandbox: the role sits where the settings say."""
    attributes: Iterable[Attribute] = _USER
    extensions = [_ENTERPRISE]
    roles = settings.known_roles
    match settings.role_carrier:
        case RoleCarrier.ROLES:
            attributes = [_with_role_values(a, roles) if a.name == "roles" else a for a in _USER]
        case RoleCarrier.USER_TYPE:
            attributes = [replace(a, canonical=roles) if a.name == "userType" else a for a in _USER]
        case RoleCarrier.EXTENSION:
            role = _text("role", "The member's role.", roles)
            extensions.append(
                Schema(settings.role_extension_urn, "MemberRole", "The role of a member.", (role,))
            )
    forgotten = {name.lower() for name in settings.forgotten_attributes}
    if not settings.keeps_enterprise_extension:
        forgotten.add(ENTERPRISE_USER.lower())
    return Kind(
        "User",
        "/Users",
        "A member of the workspace.",
        Schema(CORE_USER, "User", "A member of the workspace.", tuple(attributes)),
        tuple(extensions),
        frozenset(forgotten),
        settings.derives_display_name,
    )


def group_kind() -> Kind:
    """The Group of this sandbox, a team at Productboard."""
    return Kind("Group", "/Groups", "A team of the workspace.", _GROUP)


def _with_role_values(roles: Attribute, known: tuple[str, ...]) -> Attribute:
    sub = tuple(replace(a, canonical=known) if a.name == "value" else a for a in roles.sub)
    return replace(roles, sub=sub)
