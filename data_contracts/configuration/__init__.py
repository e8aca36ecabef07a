"""The settings of scimflow.yaml: described, bounded, strict; secrets are references."""

from data_contracts.configuration.approval import AlwaysApprove, ApprovalRules
from data_contracts.configuration.deployments import Deployments, Schedule, Schedules
from data_contracts.configuration.document import load_configuration
from data_contracts.configuration.guardrails import Guardrails, Limit
from data_contracts.configuration.lifecycle import Lifecycle
from data_contracts.configuration.live import LiveSettings
from data_contracts.configuration.mapping import AttributeRule, MappingRules, RoleRule, RoleRules
from data_contracts.configuration.notifications import Channel, Notifications
from data_contracts.configuration.oauth import OAuth2Settings, SecretReference
from data_contracts.configuration.scope import Clause, ClauseGroup, Scope
from data_contracts.configuration.settings import Configuration, LedgerSettings, ReportSettings
from data_contracts.configuration.sources import MergeRule, SourceSettings
from data_contracts.configuration.target import Authentication, TargetSettings, TokenReference
from data_contracts.configuration.teams import TeamRules
from data_contracts.configuration.telemetry import TelemetrySettings

__all__ = [
    "AlwaysApprove",
    "ApprovalRules",
    "AttributeRule",
    "Authentication",
    "Channel",
    "Clause",
    "ClauseGroup",
    "Configuration",
    "Deployments",
    "Guardrails",
    "LedgerSettings",
    "Lifecycle",
    "Limit",
    "LiveSettings",
    "MappingRules",
    "MergeRule",
    "Notifications",
    "OAuth2Settings",
    "ReportSettings",
    "RoleRule",
    "RoleRules",
    "Schedule",
    "Schedules",
    "Scope",
    "SecretReference",
    "SourceSettings",
    "TargetSettings",
    "TeamRules",
    "TelemetrySettings",
    "TokenReference",
    "load_configuration",
]
