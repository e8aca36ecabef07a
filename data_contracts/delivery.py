"""Which deliveries of dated exports there are, day by day: what is missing, what is double."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files of one source that fall on one day.

    Attributes:
        source: Name of the source.
        day: The day in their name.
        path: The file that is read: the last by name.
        others: Files that fall on the same day and are not read.
        digest: `sha256:` of the file's bytes; "" where nobody asked for it.
    """

    source: str
    day: date
    path: str
    others: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryCalendar:
    """The deliveries of all dated sources over some days.

    Attributes:
        first: The first day that was asked for.
        last: The last one.
        employment: Name of the source that says who is employed.
        deliveries: Of the window, by source and day.
        later: Days after the window that have a delivery of the employment source, ascending.
        undated: Sources whose path has no `{date}`: read as they are now, whatever the day.
        left_alone: Files that were not counted, in words.
    """

    first: date
    last: date
    employment: str
    deliveries: Mapping[str, Mapping[date, Delivery]]
    later: tuple[date, ...] = ()
    undated: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    @property
    def window(self) -> tuple[date, ...]:
        """Every day that was asked for."""
        return tuple(days_between(self.first, self.last))

    @property
    def days(self) -> tuple[date, ...]:
        """The days that can be replayed: those with a delivery of the employment source."""
        return tuple(sorted(self.deliveries[self.employment]))

    @property
    def missing(self) -> tuple[date, ...]:
        """Days of the window without a delivery of the employment source."""
        return tuple(day for day in self.window if day not in self.deliveries[self.employment])

    def missing_of(self, source: str) -> tuple[date, ...]:
        """Days that can be replayed, and on which a source has no delivery of its own."""
        return tuple(day for day in self.days if day not in self.deliveries[source])

    @property
    def double(self) -> tuple[Delivery, ...]:
        """Days on which several files of a source fall, by day."""
        found = [d for each in self.deliveries.values() for d in each.values() if d.others]
        return tuple(sorted(found, key=lambda delivery: (delivery.day, delivery.source)))

    @property
    def repeated(self) -> tuple[tuple[Delivery, Delivery], ...]:
        """Deliveries with the bytes of an earlier day, each with the earlier one, by day."""
        found = []
        for each in self.deliveries.values():
            seen: dict[str, Delivery] = {}
            for _, delivery in sorted(each.items()):
                if delivery.digest and delivery.digest in seen:
                    found.append((seen[delivery.digest], delivery))
                seen.setdefault(delivery.digest, delivery)
        return tuple(sorted(found, key=lambda pair: (pair[1].day, pair[1].source)))

    def read_on(self, day: date) -> tuple[Delivery, ...]:
        """What is read on a day, by source: of each the delivery of that day, else the last before.

        A source without any up to that day is left out, and so is one whose last delivery is from
        before the window.
        """
        found = []
        for _, each in sorted(self.deliveries.items()):
            days = [known for known in each if known <= day]
            if days:
                found.append(each[max(days)])
        return tuple(found)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included.

    >>> [str(day) for day in days_between(date(2026, 2, 28), date(2026, 3, 1))]
    ['2026-02-28', '2026-03-01']
    """
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
