"""The attributes of a SCIM User, as far as provisioning writes them.

RFC 7643 section 4.1 (User), section 4.3 (enterprise extension), section 3.1 (common attributes).
Left out on purpose: `password` (never ours), `groups` and `meta` (read-only).
"""

from dataclasses import dataclass, field
from enum import StrEnum

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

SCHEMA_ALIASES: dict[str, str] = {"core": USER_SCHEMA, "enterprise": ENTERPRISE_SCHEMA}
"""Short names that a mapping may use in front of an attribute: `enterprise.department`."""


class Kind(StrEnum):
    """The data types that provisioning meets (RFC 7643 section 2.3)."""

    STRING = "string"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """What the schema says of one attribute.

    Attributes:
        kind: Its data type.
        multi_valued: Whether it is a list.
        folds_case: Whether two values that differ in case alone name the same thing. The RFC calls
            most strings `caseExact: false`; here only identifiers are, since a title whose case
            changed is a change that people want to see.
        read_only: Whether the service provider alone sets it.
        refers_to_user: Whether the value is the id of another User (RFC 7643 section 4.3).
        sub: Sub-attributes of a complex attribute, by name.
    """

    kind: Kind = Kind.STRING
    multi_valued: bool = False
    folds_case: bool = False
    read_only: bool = False
    refers_to_user: bool = False
    sub: dict[str, "AttributeInfo"] = field(default_factory=dict)


_STRING = AttributeInfo()
_FOLDED = AttributeInfo(folds_case=True)
_BOOLEAN = AttributeInfo(kind=Kind.BOOLEAN)
_REFERENCE = AttributeInfo(kind=Kind.REFERENCE)
_READ_ONLY = AttributeInfo(read_only=True)
_USER_ID = AttributeInfo(refers_to_user=True)


def _complex(**sub: AttributeInfo) -> AttributeInfo:
    return AttributeInfo(kind=Kind.COMPLEX, sub=sub)


def _list(value: AttributeInfo = _STRING, **more: AttributeInfo) -> AttributeInfo:
    """A multi-valued attribute with the default sub-attributes of RFC 7643 section 2.4."""
    sub = {"value": value, "display": _STRING, "type": _STRING, "primary": _BOOLEAN, **more}
    return AttributeInfo(kind=Kind.COMPLEX, multi_valued=True, sub=sub)


CORE_ATTRIBUTES: dict[str, AttributeInfo] = {
    "id": _READ_ONLY,
    "meta": _READ_ONLY,
    "groups": _READ_ONLY,
    "externalId": _STRING,
    "userName": _FOLDED,
    "name": _complex(
        formatted=_STRING,
        familyName=_STRING,
        givenName=_STRING,
        middleName=_STRING,
        honorificPrefix=_STRING,
        honorificSuffix=_STRING,
    ),
    "displayName": _STRING,
    "nickName": _STRING,
    "profileUrl": _REFERENCE,
    "title": _STRING,
    "userType": _STRING,
    "preferredLanguage": _STRING,
    "locale": _STRING,
    "timezone": _STRING,
    "active": _BOOLEAN,
    "emails": _list(_FOLDED),
    "phoneNumbers": _list(),
    "ims": _list(),
    "photos": _list(_REFERENCE),
    "addresses": AttributeInfo(
        kind=Kind.COMPLEX,
        multi_valued=True,
        sub={
            "formatted": _STRING,
            "streetAddress": _STRING,
            "locality": _STRING,
            "region": _STRING,
            "postalCode": _STRING,
            "country": _STRING,
            "type": _STRING,
            "primary": _BOOLEAN,
        },
    ),
    "entitlements": _list(),
    "roles": _list(),
    "x509Certificates": _list(),
}

ENTERPRISE_ATTRIBUTES: dict[str, AttributeInfo] = {
    "employeeNumber": _STRING,
    "costCenter": _STRING,
    "organization": _STRING,
    "division": _STRING,
    "department": _STRING,
    "manager": AttributeInfo(
        kind=Kind.COMPLEX,
        sub={"value": _USER_ID, "$ref": _READ_ONLY, "displayName": _READ_ONLY},
    ),
}

SCHEMAS: dict[str, dict[str, AttributeInfo]] = {
    USER_SCHEMA: CORE_ATTRIBUTES,
    ENTERPRISE_SCHEMA: ENTERPRISE_ATTRIBUTES,
}
