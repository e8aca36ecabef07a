"""`target`: where accounts are, and what that service keeps."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.configuration.strict import Section
from data_contracts.configuration.urls import safe_url


class TokenReference(Section):
    """Where the access token is; never the token. Exactly one of the three."""

    token_env: str | None = None
    """Name of the environment variable that holds it."""
    token_block: str | None = None
    """Name of the Prefect Secret block that holds it."""
    token_file: str | None = None
    """File that holds it and nothing else (a mounted secret)."""

    @model_validator(mode="after")
    def _one(self) -> "TokenReference":
        if sum(v is not None for v in (self.token_env, self.token_block, self.token_file)) != 1:
            raise ValueError("give exactly one of `token_env`, `token_block` and `token_file`")
        return self


class Authentication(TokenReference):
    """How requests are authenticated: an access token, or OAuth2. Exactly one of the four."""

    oauth2: OAuth2Settings | None = None
    """How access tokens are obtained and renewed."""

    @model_validator(mode="after")
    def _one(self) -> "Authentication":
        ways = (self.token_env, self.token_block, self.token_file, self.oauth2)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "give exactly one of `token_env`, `token_block`, `token_file` and `oauth2`"
            )
        return self


class BulkSettings(Section):
    """Whether writes are sent together as Bulk (RFC 7644 section 3.7), where the target has it."""

    enabled: bool = False
    """Send writes that are on their way at the same moment as one request."""
    max_operations: Annotated[int, Field(ge=2, le=1000)] = 100
    """Most operations in one request; fewer where the target announces fewer."""
    fail_on_errors: Annotated[int, Field(ge=1)] | None = None
    """Failures after which the target leaves the rest of a request alone; not said without."""


class SharedLimit(Section):
    """One rate for several runs that use the same token at the same time (docs/scaling.md)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    """Name of a global concurrency limit on Prefect's server; `scimflow` shares `requests_per_s`
    between those who hold a slot of it."""
    shares: Annotated[int, Field(ge=2, le=100)] = 8
    """Slots of that limit: most runs that may use the token at the same time."""


class TargetSettings(Section):
    """The SCIM service that is kept in step. The defaults are Productboard's."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = "productboard"
    """Names the target in the ledger, in messages and in Prefect; lower case, digits, dashes."""
    base_url: str = "https://api.productboard.com/scim/v2"
    """Where /Users is. https, except on loopback."""
    auth: Authentication
    """Where the access token is found, or how it is obtained."""
    requests_per_s: Annotated[float, Field(gt=0, le=1000)] = 50
    """Most requests a second. Productboard: 50 for a token."""
    shared_limit: SharedLimit | None = None
    """Where others use the same token at the same time: how `requests_per_s` is shared."""
    max_in_flight: Annotated[int, Field(ge=1, le=128)] = 16
    """Most requests at the same time."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30
    """Longest wait for an answer."""
    request_budget_s: Annotated[float, Field(gt=0, le=3600)] = 120
    """Longest time that one request may take with all its retries."""
    run_budget_s: Annotated[float, Field(gt=0, le=86_400)] = 14_400
    """Longest time that one run may write. What it has not begun by then is left to the next run.
    Four hours: 700,000 writes at Productboard's rate, and over before the working day begins."""
    page_size: Annotated[int, Field(ge=1, le=10000)] = 100
    """Users asked for a page."""
    paging: Literal["auto", "index", "cursor"] = "auto"
    """How lists are read; `auto` begins by index, and goes on by cursor (RFC 9865) where the answer
    names one, or where indexes fail and cursors are announced."""
    update_with: Literal["auto", "patch", "put"] = "auto"
    """How accounts are updated; `auto` follows ServiceProviderConfig (RFC 7643 section 5)."""
    bulk: BulkSettings = BulkSettings()
    """Writes sent together."""
    role_path: str = "roles[primary eq true].value"
    """Attribute path that carries the role; by default as in Productboard's guide for Okta."""
    extensions: tuple[str, ...] = ()
    """URNs of further schemas that the target has, whose attributes the mapping may use."""
    not_kept: tuple[str, ...] = ()
    """Attribute paths that the target does not keep or rewrites: sent at creation, not compared."""
    always_compared: tuple[str, ...] = ()
    """Attribute paths that are compared whatever earlier runs learned of the target: for one that
    keeps now what it did not keep before."""
    protected: tuple[str, ...] = ()
    """userNames and account ids that are never touched."""
    ca_file: str | None = None
    """Certificate authority of one's own, beside the system's."""

    @model_validator(mode="after")
    def _a_request_for_each(self) -> "TargetSettings":
        shared = self.shared_limit
        if shared is not None and shared.shares > self.requests_per_s:
            raise ValueError(
                f"`shared_limit.shares` is {shared.shares}, and `requests_per_s` "
                f"{self.requests_per_s:g}: each needs one request a second at least"
            )
        return self

    @field_validator("base_url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        return safe_url(value).rstrip("/")
