"""`notifications`: who is told of what, through Prefect's notification blocks and automations."""

from typing import Annotated, Literal

from pydantic import Field

from data_contracts.configuration.oauth import SecretReference
from data_contracts.configuration.strict import Section
from data_contracts.words import Notice

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]

LONGEST_H = 24 * 31
"""Hours of a month: who wants to know after longer wants a report."""


class Channel(Section):
    """One place where notices go."""

    kind: Literal["slack", "teams", "email", "webhook"]
    """Slack's incoming webhook, a workflow of Microsoft Teams, e-mail over SMTP, or a POST of JSON
    with `subject` and `body`."""
    url: SecretReference
    """Where its URL is, which is a secret; read when `scimflow deploy` runs. Of e-mail:
    `mailtos://user:password@smtp.example.com?from=scimflow@example.com&to=ops@example.com`."""
    about: Annotated[tuple[Notice, ...], Field(min_length=1)] = tuple(Notice)
    """What it is told of; everything when not given."""


class Notifications(Section):
    """Who is told of what; `scimflow deploy` sets it up on the Prefect server."""

    channels: dict[ChannelName, Channel] = Field(default_factory=dict)
    """Places where notices go, by a name of one's own (`ops`)."""
    quarantine_rows: Annotated[int, Field(ge=0)] = 10
    """Notice `quarantine`: more rows of a run set aside than this."""
    no_run_h: Annotated[float, Field(gt=0, le=LONGEST_H)] = 26
    """Notice `no_run`: no sync ended well for so many hours; a night and some time by default."""
    leaver_overdue_h: Annotated[float, Field(ge=0, le=LONGEST_H)] = 4
    """Notice `leaver_overdue`: a managed account still active so many hours after its owner's last
    day ended, in the owner's time zone."""
