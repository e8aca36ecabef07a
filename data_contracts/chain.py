"""The head of the audit trail's chain, and what a verification of the chain found."""

from dataclasses import dataclass
from enum import StrEnum

from data_contracts.canonical import DIGEST_PREFIX
from data_contracts.errors import ConfigurationError

SEPARATOR = "@"


@dataclass(frozen=True, slots=True)
class Head:
    """An entry of the chain, named so that it can be found again: its number and its hash.

    Whoever keeps one outside of the ledger can tell later whether the chain still leads there.
    """

    seq: int
    hash: str

    def __str__(self) -> str:
        """`17@sha256:…`, as reports show it and `scimflow ledger verify --head` takes it."""
        return f"{self.seq}{SEPARATOR}{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what `str` wrote.

        Raises:
            ConfigurationError: It is not a head.
        """
        number, separator, digest = text.strip().partition(SEPARATOR)
        if not (separator and number.isdecimal() and digest.startswith(DIGEST_PREFIX)):
            raise ConfigurationError(
                f"{text!r} is not a head of the ledger's chain",
                hint="it is written as 17@sha256:…; `run.json` and the report of a run have it",
            )
        return cls(int(number), digest)


START = Head(0, "")
"""Before the first entry."""


class Breach(StrEnum):
    """What is wrong with an audit trail."""

    CHANGED = "changed"  # a row is not what was written
    DELETED = "deleted"  # a row is gone
    INSERTED = "inserted"  # a row was never chained
    REPEATED = "repeated"  # a row was chained twice: its number was given again
    ENTRY = "entry"  # an entry of the chain does not follow from the one before it
    MISSING = "missing"  # an entry of the chain is gone
    HEAD = "head"  # the chain does not lead to a head that is known: it was cut or made anew
    BODY = "body"  # a plan's or a correction's content is not what its digest says


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """Something wrong with the audit trail.

    Attributes:
        breach: What.
        table: The table of the row; `chain_entry` for the chain itself.
        key: The row's key.
        run_id: The run that wrote the row, where that can be told; "" otherwise.
        seq: The entry of the chain; 0 for none.
        message: The same in one sentence.
    """

    breach: Breach
    table: str
    key: str
    run_id: str
    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking the whole chain has shown.

    Attributes:
        head: The chain's newest entry.
        entries: Entries walked.
        rows: Rows that are what was written.
        begun_with: Rows that were there before the chain, and are vouched for from there on only.
        purged: Rows in which a pseudonym stands for a person.
        pruned: Rows that were deleted when their time was over.
        bodies: Contents of plans and corrections that have their digest.
        heads: Known heads that the chain leads to.
        findings: What is wrong, the first ones.
        found: How many there are.
    """

    head: Head
    entries: int = 0
    rows: int = 0
    begun_with: int = 0
    purged: int = 0
    pruned: int = 0
    bodies: int = 0
    heads: int = 0
    findings: tuple[ChainFinding, ...] = ()
    found: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return self.found == 0
