"""The date a run works for: one for everybody, or the present moment in each person's own zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data_contracts.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class AsOf:
    """What day it is, for whom.

    Attributes:
        day: The day in the company's own zone.
        moment: The moment from which other zones' days follow; None when `day` holds everywhere.
        days: Days of single zones, kept from an earlier run; they win over the moment.
    """

    day: date
    moment: datetime | None = None
    days: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def at(cls, moment: datetime, zone: ZoneInfo) -> "AsOf":
        """The present moment, seen from the company's own zone.

        Args:
            moment: Aware.
            zone: The company's zone.
        """
        return cls(day=moment.astimezone(zone).date(), moment=moment)

    @classmethod
    def parse(cls, text: str) -> "AsOf":
        """Read `--as-of 2026-03-02`: that day, for everybody.

        Raises:
            ConfigurationError: It is no ISO date.
        """
        try:
            return cls(day=date.fromisoformat(text))
        except ValueError:
            raise ConfigurationError(
                f"--as-of {text!r} is not a date", hint="write it as 2026-03-02"
            ) from None

    @property
    def latest(self) -> datetime:
        """The moment itself; of a day without one, its end in UTC.

        How old an export is, is judged here: replaying last month's exports, those of that day are
        not a month old.
        """
        if self.moment is not None:
            return self.moment
        return datetime.combine(self.day + timedelta(days=1), time(), tzinfo=UTC)

    def local_day(self, zone: str) -> date:
        """What day it is in a zone.

        Args:
            zone: IANA name; an unknown one counts as the company's own.
        """
        if zone in self.days:
            return self.days[zone]
        if self.moment is None:
            return self.day
        try:
            return self.moment.astimezone(ZoneInfo(zone)).date()
        except (KeyError, ValueError, OSError):
            return self.day
