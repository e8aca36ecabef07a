"""From workers to memberships: which teams a column's values name.

Pure. In: the merged workers. Out: who belongs to which team by the sources, whatever becomes of the
account; and of whom the sources say anything at all.
"""

import pandas as pd

from data_contracts.columns import texts
from data_contracts.configuration import TeamRules
from data_contracts.errors import ConfigurationError
from data_contracts.frames import LINE, WORKER_KEY
from data_contracts.teams import MEMBERSHIPS, TEAM_KEY, DesiredTeams
from tasks.transform.columns import find_column
from tasks.transform.mapping import FUNCTIONS

USED_BY = "teams.column"


def map_teams(workers: pd.DataFrame, rules: TeamRules) -> DesiredTeams:
    """Work out who belongs to which team.

    Args:
        workers: Frame `frames.WORKERS`.
        rules: `teams` of the settings.

    Returns:
        Memberships by worker and team, each once.

    Raises:
        ConfigurationError: A column that no source has, or a value that `values` does not list.
    """
    column = find_column(workers, rules.column, USED_BY)
    cells = pd.DataFrame({WORKER_KEY: workers[WORKER_KEY], TEAM_KEY: column}).dropna()
    if rules.separator is not None:
        cells = cells.assign(**{TEAM_KEY: cells[TEAM_KEY].str.split(rules.separator, regex=False)})
        cells = cells.explode(TEAM_KEY)
    values = _normalised(cells[TEAM_KEY].astype("str"), rules)
    known = {*texts(cells.loc[values.notna(), WORKER_KEY]), *_whose_row_is_there(workers, rules)}
    keys = _keys(values, rules)
    memberships = cells.assign(**{TEAM_KEY: keys}).dropna().drop_duplicates()
    memberships = memberships.sort_values([WORKER_KEY, TEAM_KEY], ignore_index=True)
    return DesiredTeams(
        memberships=MEMBERSHIPS.check(memberships.astype("str")),
        known=frozenset(str(key) for key in known),
    )


def _normalised(values: pd.Series, rules: TeamRules) -> pd.Series:
    """Values after the functions, without white space around; empty ones are missing."""
    values = values.str.strip()
    for name in rules.apply:
        values = FUNCTIONS[name](values)
    values = values.str.strip()
    return values.mask(values == "").astype("str")


def _keys(values: pd.Series, rules: TeamRules) -> pd.Series:
    """The teams' keys; missing for values that count for no team."""
    keys = values
    if rules.prefix is not None:
        inside = values.str.startswith(rules.prefix).fillna(False).astype(bool)
        keys = values.where(inside).str.slice(len(rules.prefix)).str.strip()
        keys = keys.mask(keys == "").astype("str")
    if not rules.values:
        return keys
    translated = keys.map(rules.values).astype("str")
    missed = keys.notna() & translated.isna()
    if rules.unlisted == "keep":
        return translated.fillna(keys)
    if rules.unlisted == "error" and missed.any():
        raise ConfigurationError(
            f"teams.values: {keys[missed].nunique()} values of {rules.column!r} are not listed",
            hint="add them to `values`, or say with `unlisted` that they are teams of their own "
            "(keep) or none (ignore)",
        )
    return translated


def _whose_row_is_there(workers: pd.DataFrame, rules: TeamRules) -> list[str | None]:
    """People whose empty cell means no team; where there is no row, nobody says anything."""
    if not rules.clear_when_empty:
        return []
    lines = [name for name in map(str, workers.columns) if name.endswith(f".{LINE}")]
    own = f"{rules.column.partition('.')[0]}.{LINE}"
    there = pd.Series(True, index=workers.index)
    for name in [own] if own in lines else lines:  # a worker field may be either source's
        there &= workers[name] > 0
    return texts(workers.loc[there, WORKER_KEY])
