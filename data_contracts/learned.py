"""What earlier writes showed of a target: attributes it does not keep, values it rewrites.

A target may answer success and store something else. The person's operation has then failed, and
the same difference would come back in every run. So what was seen is counted per target, and left
out of later comparisons once it is a habit of the target and no accident of one write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from data_contracts.canonical import digest_of

ENOUGH_WRITES = 3
"""So many writes that went the same way are a habit; a single one may be an accident (a replica
that lagged behind), and leaving it out of comparisons would then lose a person's change."""

MARK_LENGTH = 32
"""Hexadecimal digits of a mark: it has to tell two values of one account's attribute apart."""

NEVER_LEARNED = ("active", "userName")
"""Who has access under which name is never taken for a habit, however often it goes wrong."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One value that a target stored otherwise than it was written.

    Attributes:
        path: Whose value.
        meant: Mark of the value that was written.
        held: Mark of the value that the target shows instead.
    """

    path: str
    meant: str
    held: str


@dataclass(frozen=True, slots=True)
class Habit:
    """How a target dealt with an attribute in all writes so far.

    Attributes:
        path: The attribute.
        kept: Writes after which it showed the value that was written.
        ignored: Writes after which it showed what it had before, or nothing.
        rewritten: Writes after which it showed another value.
    """

    path: str
    kept: int = 0
    ignored: int = 0
    rewritten: int = 0

    @property
    def is_never_kept(self) -> bool:
        """Whether the target does not keep the attribute at all."""
        return not self.kept and not self.rewritten and self.ignored >= ENOUGH_WRITES

    @property
    def is_rewritten(self) -> bool:
        """Whether the target makes its own value of it, for some accounts or for all."""
        return self.rewritten >= ENOUGH_WRITES


def mark_of(account_id: str, path: str, value: object) -> str:
    """A short digest of one account's value, so that no value has to be remembered.

    Args:
        account_id: Whose value; the same value of two accounts has two marks.
        path: Of which attribute.
        value: In normal form; None when there is none.
    """
    return digest_of([account_id, path, value])[-MARK_LENGTH:]


@dataclass(frozen=True, slots=True)
class Learned:
    """What is left out of comparisons with a target.

    Attributes:
        never_kept: Paths that the target does not keep.
        rewritten: Paths of which the target makes its own value.
        rewrites: Marks of what was written and what is held instead, by account id and path.
        writes: How many writes the target ignored, by path in `never_kept`.
    """

    never_kept: frozenset[str] = frozenset()
    rewritten: frozenset[str] = frozenset()
    rewrites: Mapping[tuple[str, str], Rewrite] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        habits: Iterable[Habit],
        rewrites: Iterable[tuple[str, Rewrite]],
        *,
        always_compared: Iterable[str] = (),
    ) -> "Learned":
        """Draw the conclusions.

        Args:
            habits: One for each attribute that was ever written.
            rewrites: Account id and what became of a value, of each account.
            always_compared: Paths that nothing is learned about: the role's, and those of
                `target.always_compared`. `NEVER_LEARNED` are among them without being named.
        """
        excluded = {*NEVER_LEARNED, *always_compared}
        known = [habit for habit in habits if habit.path not in excluded]
        return cls(
            never_kept=frozenset(h.path for h in known if h.is_never_kept),
            rewritten=frozenset(h.path for h in known if h.is_rewritten),
            rewrites={(a, r.path): r for a, r in rewrites if r.path not in excluded},
            writes={h.path: h.ignored for h in known if h.is_never_kept},
        )

    def explains(self, account_id: str, path: str, meant: object, held: object) -> bool:
        """Whether a difference is what the target made of this very value.

        Args:
            account_id: Whose.
            path: Of which attribute.
            meant: The desired value, in normal form.
            held: What the target shows, in normal form.
        """
        known = self.rewrites.get((account_id, path))
        return (
            known is not None
            and known.meant == mark_of(account_id, path, meant)
            and known.held == mark_of(account_id, path, held)
        )
