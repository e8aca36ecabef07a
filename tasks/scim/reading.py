"""What is known of a listing so far, and whether in the end it was everybody.

A target pages by its own ideas: it caps pages, repeats them, miscounts, or changes meanwhile. Who
is missing from an incomplete listing must not be taken for gone: every doubt is said in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.scim.answers import resource_id
from tasks.scim.pages import Page

MOST_USERS = 2_000_000
"""A target that lists more is paging in circles; the largest customers have some 100,000."""

KeepPage = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes users that were not seen before."""


@dataclass(frozen=True, slots=True)
class UserListing:
    """Everybody at the target, as far as it said.

    Attributes:
        resources: The users, each id once, in the order listed; empty when they were handed over
            page by page instead.
        count: How many there were.
        complete: Whether that is certainly everybody.
        notes: What was odd, in words; says why when not complete.
        requests: Pages asked for.
    """

    resources: tuple[dict[str, Any], ...]
    count: int
    complete: bool
    notes: tuple[str, ...] = ()
    requests: int = 0


@dataclass(slots=True)
class Reading:
    """What is known so far. A listing that had to be begun anew has several passes."""

    keep: KeepPage
    noun: str = "users"
    seen: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)  # seen before this pass and not yet in it
    totals: set[int] = field(default_factory=set)
    totals_lie: bool = False
    repeated: int = 0
    unusable: int = 0
    requests: int = 0
    doubts: dict[str, None] = field(default_factory=dict)  # in order, each once

    def take(self, page: Page) -> int:
        """Take a page in; return how many of its users are new in this pass."""
        fresh, known_before = [], 0
        for user in page.resources:
            key = resource_id(user)
            if key not in self.seen:
                self.seen.add(key)
                fresh.append(user)
            elif key in self.earlier:
                self.earlier.discard(key)
                known_before += 1
        self.repeated += len(page.resources) - len(fresh) - known_before
        self.unusable += page.unusable
        if page.total is not None:
            self.totals.add(page.total)
        if fresh:
            self.keep(fresh)
        return len(fresh) + known_before

    def begin_anew(self) -> None:
        """Forget what was odd so far: the list is read from its start once more."""
        self.earlier = set(self.seen)
        self.totals.clear()
        self.repeated = self.unusable = 0

    def doubt(self, reason: str) -> None:
        """Note why the listing may be incomplete."""
        self.doubts[reason] = None

    def judged(self, resources: tuple[dict[str, Any], ...]) -> UserListing:
        """Say whether it was everybody, and what was odd.

        Args:
            resources: The users, unless they were handed over.
        """
        count, notes = len(self.seen) - len(self.earlier), []
        if self.totals_lie and max(self.totals, default=count) < count:
            notes.append(
                f"the announced total was wrong; {count:,} {self.noun} were read to the end"
            )
            self.totals.clear()
        if len(self.totals) > 1:
            few, many = min(self.totals), max(self.totals)
            self.doubt(f"the target changed while it was read ({few:,} to {many:,} {self.noun})")
        if self.earlier and not self.doubts:
            self.doubt(f"the target changed while it was read ({len(self.earlier):,} went)")
        announced = max(self.totals, default=count)
        if count < announced and not self.earlier:
            self.doubt(f"the target announced {announced:,} {self.noun} and gave {count:,}")
        if self.unusable:
            self.doubt(f"{self.unusable:,} listed elements are no {self.noun} or have no id")
        if self.repeated and not self.doubts:
            notes.append(f"{self.repeated:,} elements were listed more than once")
        return UserListing(
            resources, len(self.seen), not self.doubts, (*self.doubts, *notes), self.requests
        )
