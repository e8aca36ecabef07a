"""Whose row is whose: rows of one source found for the people of another, by keys in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in, repeated
from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract
from data_contracts.frames import LINE, STATE
from tasks.transform.lifecycle import FIRST_DAY, PRESENCE, REASON

MergeColumns = Sequence[tuple[str, str, str]]
"""By what rows are recognised, in order: the rule's path, the one source's column, the other's."""


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one source, with what its contract says of them."""

    name: str
    rows: pd.DataFrame
    contract: ExportContract

    def own_name(self, name: str) -> str:
        """The name of a column that may be given by its worker field."""
        meanings = {str(field): column for field, column in self.contract.meanings.items()}
        return meanings.get(name, name)

    def column(self, name: str, used_by: str) -> pd.Series:
        """A column by worker field or by its own name; missing values when the file lacks it.

        Raises:
            ConfigurationError: Neither the contract nor the file knows it.
        """
        own = self.own_name(name)
        if own in self.rows.columns:
            return self.rows[own]
        if own in {column.name for column in self.contract.columns}:
            return pd.Series(None, index=self.rows.index, dtype="str")
        known = ", ".join(sorted({*map(str, self.contract.meanings), *map(str, self.rows.columns)}))
        raise ConfigurationError(
            f"{used_by}: source {self.name!r} has no column {name!r}", hint=f"known are: {known}"
        )

    def prefixed(self) -> dict[str, pd.Series]:
        """Every column under `SOURCE.COLUMN`, and the contract's that the file lacks."""
        own = {c.name for c in self.contract.columns} - set(self.rows.columns)
        hidden = {STATE, PRESENCE, REASON, FIRST_DAY}
        present = {f"{self.name}.{c}": self.rows[c] for c in self.rows.columns if c not in hidden}
        missing = pd.Series(None, index=self.rows.index, dtype="str")
        return present | {f"{self.name}.{c}": missing for c in sorted(own)}

    def take(self, position: pd.Series) -> "Source":
        """The rows in the order of people; missing values for those who have none.

        Args:
            position: Of each person's row, -1 for none.
        """
        places = position.where(position >= 0, -1).to_numpy()
        rows = self.rows.reset_index(drop=True).reindex(places).set_axis(position.index)
        rows[LINE] = rows[LINE].fillna(0).astype("int64")
        return Source(self.name, rows, self.contract)


@dataclass(frozen=True, slots=True)
class Matches:
    """Which rows are about whom.

    Attributes:
        position: Of each person's row in the other source, -1 for none.
        ambiguous: Mask of people: several of them, or several rows, share what would tell.
        taken: Mask of the other source's rows, by position: somebody's, or in dispute.
    """

    position: pd.Series
    ambiguous: pd.Series
    taken: pd.Series

    @property
    def without(self) -> pd.Series:
        """Mask of people whom no row is about."""
        return (self.position < 0) & ~self.ambiguous


def match_rows(people: Source, other: Source, rules: MergeColumns) -> Matches:
    """Find each person's row in another source, rule by rule; nobody is guessed.

    Args:
        people: One row a person.
        other: The other source's rows.
        rules: Which columns name the same person, tried in order.

    Raises:
        ConfigurationError: A rule names a column that its source does not have.
    """
    position = pd.Series(-1, index=people.rows.index, dtype="int64")
    ambiguous = pd.Series(False, index=people.rows.index)
    taken = pd.Series(False, index=range(len(other.rows)))
    for used_by, our_column, their_column in rules:
        ours = folded(people.column(our_column, used_by))
        theirs = folded(other.column(their_column, used_by)).reset_index(drop=True)
        ours = ours.where((position < 0) & ~ambiguous)
        theirs = theirs.where(~taken)
        doubtful = repeated(ours) | is_in(ours, theirs[repeated(theirs)])
        doubtful &= is_in(ours, theirs)
        ambiguous |= doubtful
        single = theirs.dropna().drop_duplicates(keep=False)
        where = pd.Series(single.index, index=single.to_numpy())
        found = ours.where(~doubtful).map(where)
        position = position.where(found.isna(), found.fillna(-1).astype("int64"))
        taken[position[position >= 0].to_numpy()] = True
        # a row in dispute is not given to a third person by a weaker rule
        taken |= is_in(theirs, ours[doubtful])
    return Matches(position, ambiguous, taken)
