"""`lifecycle`: when somebody should have an account, and when not."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from data_contracts.configuration.strict import Section
from data_contracts.configuration.times import TimeZone


class Lifecycle(Section):
    """When somebody should have an active account."""

    time_zone: TimeZone = "UTC"
    """Zone in which days begin and end, for people whose row names none (`Europe/Zurich`)."""
    prehire_days: Annotated[int, Field(ge=0, le=90)] = 0
    """A joiner gets the account so many days before the first day."""
    on_leave: Literal["keep", "deactivate"] = "keep"
    """What becomes of the account during a leave of absence."""
    suspended: Literal["keep", "deactivate"] = "deactivate"
    """What becomes of the account of somebody suspended."""
    absent: Literal["deactivate", "keep"] = "deactivate"
    """Somebody missing from an export that holds everybody: a leaver, or left alone."""
    reactivate: Literal["always", "ours", "never"] = "always"
    """An inactive account of somebody employed: reactivated always, only when scimflow had
    deactivated it, or never (then it is a finding)."""

    late_days: Annotated[int, Field(ge=1, le=3650)] | None = 30
    """A first or last day further back than this, of somebody whose account is made or taken away
    only now, is a finding; `null` for none."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone as an object."""
        return ZoneInfo(self.time_zone)
