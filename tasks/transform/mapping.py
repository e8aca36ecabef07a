"""From workers to attributes of the SCIM User: columns, constants, templates, functions, roles."""

import string
import unicodedata
from collections.abc import Callable, Sequence

import pandas as pd

from data_contracts.columns import put
from data_contracts.configuration import AttributeRule, RoleRules
from data_contracts.errors import ConfigurationError
from data_contracts.frames import LINE, UNSURE
from tasks.transform.clauses import select
from tasks.transform.columns import any_of, empty_text, find_column, map_distinct

TextColumn = Callable[[pd.Series], pd.Series]

FUNCTIONS: dict[str, TextColumn] = {
    "trim": lambda c: c.str.strip(),
    "squeeze": lambda c: c.str.replace(r"\s+", " ", regex=True).str.strip(),
    "join": lambda c: c.str.replace(r"\s+", "", regex=True),
    "lower": lambda c: c.str.lower(),
    "upper": lambda c: c.str.upper(),
    "title": lambda c: map_distinct(c, str.title),
    "nfc": lambda c: map_distinct(c, lambda text: unicodedata.normalize("NFC", text)),
    "ascii": lambda c: map_distinct(c, _to_ascii),
    "digits": lambda c: c.str.replace(r"[^0-9]+", "", regex=True),
}
"""The named functions of a mapping, each from a text column to a text column."""

LATIN_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L",
     "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "\u0131": "i"}
)  # fmt: skip
"""Latin letters that Unicode does not take apart into a plain letter and a mark."""


def _to_ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(LATIN_LETTERS))
    return plain.encode("ascii", "ignore").decode("ascii")


def map_attribute(workers: pd.DataFrame, path: str, rule: AttributeRule) -> pd.Series:
    """Work out one attribute for everybody.

    Args:
        workers: Frame `frames.WORKERS`.
        path: The attribute's path, for messages.
        rule: Where it comes from.

    Returns:
        Text; missing where it is to be left alone, empty text where it is to be cleared. Nothing
        is cleared for want of a row: a source must know the person to say that a cell is empty.

    Raises:
        ConfigurationError: A column that no source has, or a value that `values` does not list.
    """
    column = read_cells(workers, path, rule)
    if rule.values:
        column = _translate(column, rule, f"mapping.{path}")
    return put(column, is_cleared(workers, column, rule), "")


def is_cleared(workers: pd.DataFrame, cells: pd.Series, rule: AttributeRule) -> pd.Series:
    """Whose attribute is emptied: the cells are empty, and every source that is named has a row."""
    if not rule.clear_when_empty:
        return pd.Series(False, index=cells.index)
    cleared = cells.isna() & ~_unsure(workers, rule)
    for source in _named_sources(workers, rule):
        if f"{source}.{UNSURE}" in workers.columns:
            cleared &= workers[f"{source}.{LINE}"] > 0
    return cleared


def _named_sources(workers: pd.DataFrame, rule: AttributeRule) -> list[str]:
    lines = [str(name) for name in workers.columns if str(name).endswith(f".{LINE}")]
    sources = [name.removesuffix(f".{LINE}") for name in lines]
    return [s for s in sources if any(name.startswith(f"{s}.") for name in rule.columns)]


def _unsure(workers: pd.DataFrame, rule: AttributeRule) -> pd.Series:
    """About whom a source that the rule names may have a row that is not known."""
    names = [f"{source}.{UNSURE}" for source in _named_sources(workers, rule)]
    return any_of((workers[name] for name in names if name in workers.columns), workers)


def read_cells(workers: pd.DataFrame, path: str, rule: AttributeRule) -> pd.Series:
    """Read what an attribute comes from, its functions applied; white space alone is missing.

    Args:
        workers: Frame `frames.WORKERS`.
        path: The attribute's path, for messages.
        rule: Where it comes from; of `account_of`, the cells that name somebody.

    Raises:
        ConfigurationError: A column that no source has.
    """
    column = put(_origin(workers, rule, f"mapping.{path}"), _unsure(workers, rule), None)
    for name in rule.apply:
        column = FUNCTIONS[name](column)
    # both sides are compared without white space around: alone, it would clear the attribute
    return put(column, column.str.strip() == "", None).astype("str")


def _origin(workers: pd.DataFrame, rule: AttributeRule, used_by: str) -> pd.Series:
    if rule.account_of is not None:
        return find_column(workers, rule.account_of.column, used_by)
    if rule.column is not None:
        return _first_filled(workers, (rule.column, *rule.fallback), used_by)
    if rule.constant is not None:
        return pd.Series(rule.constant, index=workers.index, dtype="str")
    return _fill_template(workers, rule.template or "", used_by)


def _first_filled(workers: pd.DataFrame, names: Sequence[str], used_by: str) -> pd.Series:
    """A column, its empty cells filled from the next ones."""
    first, *others = (find_column(workers, name, used_by) for name in names)
    for other in others:
        first = first.where(first.str.strip().fillna("") != "", other)
    return first


def _fill_template(workers: pd.DataFrame, template: str, used_by: str) -> pd.Series:
    """Put columns into a template; nothing where one of them is empty."""
    result = pd.Series("", index=workers.index, dtype="str")
    for literal, name, _, _ in string.Formatter().parse(template):
        if literal:
            result = result + literal
        if name is not None:
            result = result + find_column(workers, name, used_by)
    return result


def _translate(column: pd.Series, rule: AttributeRule, used_by: str) -> pd.Series:
    translated = map_distinct(column, lambda v: rule.values.get(v, rule.otherwise))
    missed = column.notna() & translated.isna()
    if missed.any():
        kinds = column[missed].nunique()
        raise ConfigurationError(
            f"{used_by}: {int(missed.sum())} people have one of {kinds} values that `values` does "
            "not list",
            hint="add the values to the mapping, or say with `otherwise` what they become",
        )
    return translated


def assign_roles(workers: pd.DataFrame, rules: RoleRules) -> tuple[pd.Series, pd.Series]:
    """Give each worker a role: the first rule that holds, else the default.

    Args:
        workers: Frame `frames.WORKERS`.
        rules: Roles in order.

    Returns:
        The role (missing where neither a rule nor a default gives one), and what decided it:
        `roles.rules.0`, `roles.default`.
    """
    role = empty_text(len(workers)).set_axis(workers.index)
    decided = empty_text(len(workers)).set_axis(workers.index)
    for index, rule in enumerate(rules.rules):
        used_by = f"roles.rules.{index}"
        chosen = select(workers, rule.any_of, used_by) & role.isna()
        role = role.mask(chosen, rule.role)
        decided = decided.mask(chosen, used_by)
    if rules.default is not None:
        decided = decided.mask(role.isna(), "roles.default")
        role = role.fillna(rules.default)
    return role, decided
