"""`sources.NAME.live`: systems that are asked for their people instead of a file.

One section a system, told apart by `system`. Secrets are references, as everywhere in the settings.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from data_contracts.canonical import digest_of
from data_contracts.configuration.oauth import SecretReference
from data_contracts.configuration.strict import Section
from data_contracts.configuration.target import Authentication
from data_contracts.configuration.urls import safe_url

FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$", max_length=128)]
"""A property of a system's records, as its API names it."""


class LiveSection(Section):
    """What every live source has."""

    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60
    """Longest wait for one answer."""
    request_budget_s: Annotated[float, Field(gt=0, le=7200)] = 600
    """Longest time that one request may take with all its retries and the pauses that the system
    asks for."""
    requests_per_s: Annotated[float, Field(gt=0, le=100)] = 5
    """Most requests a second."""
    ca_file: str | None = None
    """Certificate authority of one's own, beside the system's trust store."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days for which deliveries are kept below `.scimflow/deliveries`: for `--as-of`, and for
    whoever looks at the line that a report names."""

    @property
    def max_in_flight(self) -> int:
        """Requests at the same time: the next page is only known from the one before."""
        return 1

    @property
    def asks_for(self) -> dict[str, Any]:
        """What decides which people and which of their properties come; no secret, no speed."""
        manner = {*LiveSection.model_fields, "auth", "login", "page_size"}
        return self.model_dump(mode="json", exclude=manner)

    @property
    def digest(self) -> str:
        """Names what is asked for: deliveries of one question are never those of another."""
        return digest_of(self.asks_for)


class SystemSection(LiveSection):
    """A system with an address and one way to sign in."""

    base_url: str
    """Address of the system, without the path of the API. https, except on loopback."""
    auth: Authentication
    """Where the token or key is found, or how a token is obtained."""

    @field_validator("base_url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        return _plain(value)


class OktaSettings(SystemSection):
    """Okta's Users API: everybody, and once more those who are DEPROVISIONED."""

    system: Literal["okta"]
    """`okta`."""
    page_size: Annotated[int, Field(ge=1, le=200)] = 200
    """Users asked for a page; Okta gives at most 200."""


class GraphSettings(SystemSection):
    """Microsoft Graph: users with delta query, or read whole every time."""

    system: Literal["microsoft-graph"]
    """`microsoft-graph`."""
    base_url: str = "https://graph.microsoft.com"
    """Address of Graph; national clouds have others."""
    delta: bool = True
    """Read changes since the last delivery (`/users/delta`) and lay them over it. Without,
    everybody is read every time, and who was removed is only absent."""
    leave_out: tuple[FieldName, ...] = ("employeeLeaveDateTime",)
    """Columns of the contract that are not asked for. `employeeLeaveDateTime` needs a permission of
    its own (User-LifeCycleInfo.Read.All); without it the whole request is refused."""
    page_size: Annotated[int, Field(ge=1, le=999)] = 999
    """Users asked for a page without delta; delta pages have the size that Graph likes."""


class GoogleSettings(SystemSection):
    """Google Workspace's Directory API: users of one customer."""

    system: Literal["google-directory"]
    """`google-directory`."""
    base_url: str = "https://admin.googleapis.com"
    """Address of the API."""
    customer: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "my_customer"
    """The customer's id; `my_customer` is that of whoever signs in."""
    leave_out: tuple[FieldName, ...] = ("lastLoginTime",)
    """Columns of the contract that are not asked for: with `lastLoginTime`, every sign-in would
    make another delivery."""
    page_size: Annotated[int, Field(ge=1, le=500)] = 500
    """Users asked for a page; Google gives at most 500."""


class BambooSettings(SystemSection):
    """BambooHR: a report of everybody. The directory is never asked: it leaves people out."""

    system: Literal["bamboohr"]
    """`bamboohr`."""
    report: Annotated[int, Field(ge=1)] | None = None
    """Number of a saved report; without one, a report of the contract's columns is asked for."""
    fields: tuple[FieldName, ...] | None = None
    """Fields of that report in place of the contract's columns."""

    @model_validator(mode="after")
    def _one_report(self) -> "BambooSettings":
        if self.report is not None and self.fields is not None:
            raise ValueError("a saved `report` has its own fields: leave `fields` out")
        return self


class BasicLogin(Section):
    """A user with a password (HTTP Basic)."""

    user: Annotated[str, Field(pattern=r"^[^:\x00-\x1f]+$", max_length=256)]
    """Name of the user, at Workday with the tenant: `ISU_scimflow@acme`."""
    password: SecretReference
    """Where the password is."""


class WorkdaySettings(LiveSection):
    """Workday: one custom report as a web service (RaaS)."""

    system: Literal["workday-raas"]
    """`workday-raas`."""
    report_url: str
    """The report's address, as Workday shows it (Web Service > View URLs):
    `https://HOST/ccx/service/customreport2/TENANT/OWNER/REPORT`, with prompts in the query.
    `format` follows from the contract."""
    login: BasicLogin | None = None
    """An integration system user (ISU) and its password. Exactly one of `login` and `auth`."""
    auth: Authentication | None = None
    """Where an access token is found, or how it is obtained (OAuth2 client for integrations)."""

    @field_validator("report_url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        if urlsplit(value).fragment:
            raise ValueError("no `#` in the address of a report")
        return safe_url(value, instead="`login`")

    @property
    def base_url(self) -> str:
        """Where requests go."""
        parts = urlsplit(self.report_url)
        return f"{parts.scheme}://{parts.netloc}"

    @model_validator(mode="after")
    def _one_way_in(self) -> "WorkdaySettings":
        if (self.login is None) == (self.auth is None):
            raise ValueError("give exactly one of `login` and `auth`")
        return self


LiveSettings = Annotated[
    OktaSettings | GraphSettings | GoogleSettings | BambooSettings | WorkdaySettings,
    Field(discriminator="system"),
]


def _plain(value: str) -> str:
    parts = urlsplit(value)
    if parts.query or parts.fragment:
        raise ValueError("no `?` and no `#` in the address of a system")
    return safe_url(value, instead="`auth`").rstrip("/")
