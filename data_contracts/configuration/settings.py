"""scimflow.yaml as a whole."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from data_contracts.canonical import digest_of
from data_contracts.configuration.approval import AlwaysApprove, ApprovalRules
from data_contracts.configuration.dask import DaskSettings
from data_contracts.configuration.deployments import Deployments
from data_contracts.configuration.guardrails import Guardrails
from data_contracts.configuration.lifecycle import Lifecycle
from data_contracts.configuration.mapping import MappingRules, RoleRules
from data_contracts.configuration.notifications import Notifications
from data_contracts.configuration.scope import Scope
from data_contracts.configuration.sources import Sources
from data_contracts.configuration.strict import Section
from data_contracts.configuration.target import TargetSettings
from data_contracts.configuration.teams import TeamRules
from data_contracts.configuration.telemetry import TelemetrySettings
from data_contracts.errors import ConfigurationError
from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.schema import USER_SCHEMA, Kind
from data_contracts.words import Authority
from data_contracts.yaml_lines import Place


class LedgerSettings(Section):
    """Where the audit trail and the account links are kept."""

    url: str = "sqlite:///.scimflow/ledger.db"
    """SQLAlchemy URL without a password; a SQLite path is relative to scimflow.yaml."""
    url_env: str | None = None
    """Environment variable that holds the URL instead, for one with a password (PostgreSQL)."""
    keep_values_days: Annotated[int, Field(ge=1)] | None = None
    """`scimflow ledger prune` removes contents of plans, and files of runs, this many days after
    the run; for ever when not given."""
    keep_runs_days: Annotated[int, Field(ge=1)] | None = None
    """`scimflow ledger prune` removes what runs did for people, this many days after the run, but
    not what explains access that somebody still has; for ever when not given."""

    @property
    def has_retention(self) -> bool:
        """Whether anything is ever over its time."""
        return self.keep_values_days is not None or self.keep_runs_days is not None

    @model_validator(mode="after")
    def _no_password(self) -> "LedgerSettings":
        parts = urlsplit(self.url)
        if parts.password or "password" in parse_qs(parts.query):
            raise ValueError("no password in a URL: put the whole URL into `url_env`")
        return self


class ReportSettings(Section):
    """What runs leave behind for people to read."""

    folder: str = "runs"
    """Folder for each run's files (0700), relative to scimflow.yaml."""
    show_values: bool = False
    """Whether reports and artifacts may show values of personal attributes."""
    files_url: Annotated[str, Field(pattern=r"^https?://[^\s()<>\[\]]+$")] | None = None
    """Address at which a browser finds `folder`, as of a file share; pages about runs then link to
    their files. None: they name the folder."""


class Configuration(Sources):
    """The settings of one target, from scimflow.yaml and the environment."""

    version: Literal[1] = 1
    """Version of this file's format."""
    lifecycle: Lifecycle = Lifecycle()
    """When somebody should have an account."""
    scope: Scope = Scope()
    """Whose accounts are managed at all."""
    mapping: MappingRules
    """What becomes which attribute, by SCIM attribute path."""
    roles: RoleRules = RoleRules()
    """Who gets which role."""
    teams: TeamRules | None = None
    """Which teams people belong to; without it nothing of teams is read or written."""
    target: TargetSettings
    """The SCIM service that is kept in step."""
    guardrails: Guardrails = Guardrails()
    """How much one run may change before a person has to say yes."""
    approval: ApprovalRules = ApprovalRules()
    """How a person says yes, and how long a run waits for it."""
    ledger: LedgerSettings = LedgerSettings()
    """Where the audit trail is kept."""
    report: ReportSettings = ReportSettings()
    """The files that each run leaves behind."""
    dask: DaskSettings | None = None
    """A Dask cluster that checks and maps rows; without it that is done in place."""
    telemetry: TelemetrySettings = TelemetrySettings()
    """What runs tell an OpenTelemetry collector."""
    deployments: Deployments = Deployments()
    """What Prefect runs by itself."""
    notifications: Notifications = Notifications()
    """Who is told of what."""

    @model_validator(mode="after")
    def _paths_fit_scim(self) -> "Configuration":
        """Attribute paths are held against the SCIM schema before any data is read."""
        for name in ("not_kept", "always_compared"):
            for i, path in enumerate(getattr(self.target, name)):
                self._parsed(("target", name, i), path)
        named = {str(self._parsed(("target", "role_path"), self.target.role_path)): "roles"}
        for path, rule in self.mapping.items():
            place = ("mapping", path)
            parsed = self._parsed(place, path)
            name = str(parsed)
            if rule.account_of is not None and not parsed.info.refers_to_user:
                raise _misplaced(
                    (*place, "account_of"),
                    f"{path!r} does not refer to a User; `enterprise.manager.value` does",
                )
            if name in named:
                raise _misplaced(place, f"`{named[name]}` sets this attribute already")
            named[name] = path
        if "userName" not in named:
            raise _misplaced(
                ("mapping",), "`userName` is missing: SCIM requires it (RFC 7643 section 4.1.1)"
            )
        return self

    def _parsed(self, place: Place, path: str) -> AttributePath:
        """Read one path of the settings.

        Raises:
            PydanticCustomError: SCIM has no such attribute, or it is not the settings' to give.
        """
        try:
            parsed = parse_path(path, self.target.extensions)
        except ConfigurationError as error:
            raise _misplaced(place, error.message) from None
        if parsed.name == "active" and parsed.schema == USER_SCHEMA:
            raise _misplaced(place, "`active` follows the lifecycle and cannot be mapped")
        if parsed.info.kind is Kind.BOOLEAN:
            raise _misplaced(
                place, "true or false cannot be mapped; a work address is primary by itself"
            )
        return parsed

    @property
    def role_path(self) -> str:
        """`target.role_path` as plans and frames write it."""
        return str(parse_path(self.target.role_path, self.target.extensions))

    @property
    def never_learned(self) -> frozenset[str]:
        """Paths that nothing is learned about: whose loss must show in every run.

        A role that is not taken over is access that somebody keeps.
        """
        paths = (self.target.role_path, *self.target.always_compared)
        return frozenset(str(parse_path(path, self.target.extensions)) for path in paths)

    @property
    def contributing(self) -> frozenset[str]:
        """Sources that give attributes and decide about nobody.

        One that the scope, a role or the teams look at decides: it is treated as HR and IdP are.
        """
        groups = [*self.scope.any_of, *(g for rule in self.roles.rules for g in rule.any_of)]
        named = [clause.column for group in groups for clause in group.all_of]
        named += [] if self.teams is None else [self.teams.column]
        return frozenset(
            name
            for name, source in self.sources.items()
            if source.authority is Authority.ATTRIBUTES
            and not any(column.startswith(f"{name}.") for column in named)
        )

    def about_people(self) -> dict[str, Any]:
        """The settings that decide what happens to people, as plain values.

        Tokens, folders, speeds and the ledger are left out: changing them makes no plan stale.
        """
        chosen = self.model_dump(
            mode="json",
            include={"sources", "merge", "lifecycle", "scope", "mapping", "roles", "guardrails"},
        )
        if self.approval.always != AlwaysApprove():
            chosen["approval"] = self.approval.always.model_dump(mode="json")
        for name, source in self.sources.items():
            if source.live is None:
                del chosen["sources"][name]["live"]
            else:
                chosen["sources"][name]["live"] = source.live.asks_for
        if self.teams is not None:
            chosen["teams"] = self.teams.model_dump(mode="json")
        keys = {"name", "base_url", "role_path", "extensions", "not_kept", "always_compared"}
        keys |= {"protected"}
        chosen["target"] = self.target.model_dump(mode="json", include=keys)
        return chosen

    @property
    def digest(self) -> str:
        """Names what these settings decide about people."""
        return digest_of(_without_fractions(self.about_people()))


def _misplaced(place: Place, message: str) -> PydanticCustomError:
    """A problem at a place that a check over several sections found."""
    escaped = message.replace("{", "{{").replace("}", "}}")
    return PydanticCustomError("misplaced", escaped, {"place": place})


def _without_fractions(value: Any) -> Any:
    """Write floating point numbers as text: canonical JSON has none."""
    if isinstance(value, dict):
        return {k: _without_fractions(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_fractions(v) for v in value]
    return repr(value) if isinstance(value, float) else value
