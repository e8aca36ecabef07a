"""The section `live` that `scimflow init` writes for a system that is asked, to be completed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveStarter:
    """What the first settings say of a system.

    Attributes:
        contract: The published contract of what it answers.
        lines: The section, as YAML.
        left: What a person has to fill in or to do.
    """

    contract: str
    lines: tuple[str, ...]
    left: tuple[str, ...]


LIVE_STARTERS = {
    "okta": LiveStarter(
        "okta-users-json",
        (
            "system: okta",
            "base_url: https://YOUR-ORG.okta.com",
            "auth: {token_env: OKTA_TOKEN}   # an API token of an admin who may see all users",
        ),
        ("live.base_url: the address of your Okta org", "put the API token into OKTA_TOKEN"),
    ),
    "microsoft-graph": LiveStarter(
        "entra-graph-json",
        (
            "system: microsoft-graph",
            "auth:",
            "  oauth2:",
            "    grant: client_credentials",
            "    token_url: https://login.microsoftonline.com/YOUR-TENANT-ID/oauth2/v2.0/token",
            "    client_id: YOUR-APP-ID   # with the application permission User.Read.All",
            "    client_secret: {env: GRAPH_SECRET}",
            "    client_secret_in: body",
            "    scopes: [https://graph.microsoft.com/.default]",
        ),
        (
            "live.auth.oauth2: the ids of your tenant and of an app registration",
            "put the app's client secret into GRAPH_SECRET",
        ),
    ),
    "google-directory": LiveStarter(
        "google-directory-json",
        (
            "system: google-directory",
            "auth:",
            "  oauth2:",
            "    grant: jwt_bearer",
            "    token_url: https://oauth2.googleapis.com/token",
            "    client_id: NAME@PROJECT.iam.gserviceaccount.com   # client_email of the key file",
            "    subject: ADMIN@YOUR.DOMAIN",
            "    private_key: {file: secrets/google.pem}   # private_key of the key file",
            "    scopes: [https://www.googleapis.com/auth/admin.directory.user.readonly]",
        ),
        (
            "live.auth.oauth2: a service account with domain-wide delegation, and an admin",
            "put the service account's private key into secrets/google.pem",
        ),
    ),
    "bamboohr": LiveStarter(
        "bamboohr-report-json",
        (
            "system: bamboohr",
            "base_url: https://YOUR-COMPANY.bamboohr.com",
            "auth: {token_env: BAMBOOHR_KEY}   # an API key of a user who may see everybody",
        ),
        ("live.base_url: the address of your BambooHR", "put the API key into BAMBOOHR_KEY"),
    ),
    "workday-raas": LiveStarter(
        "workday-raas-json",
        (
            "system: workday-raas",
            "report_url: https://YOUR-HOST/ccx/service/customreport2/TENANT/OWNER/REPORT",
            'login: {user: "ISU@TENANT", password: {env: WORKDAY_PASSWORD}}',
        ),
        (
            "live.report_url: the address of the report's web service (docs/systems/workday.md)",
            "put the integration system user's password into WORKDAY_PASSWORD",
        ),
    ),
}
"""By `system`."""
