"""The transform step as a whole: from checked batches to what the target should hold.

In: every source's checked batch with its contract, the settings, the day. Out: `DesiredPeople`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch
from data_contracts.configuration import Configuration
from data_contracts.desired import DesiredPeople, HeldBack
from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract
from data_contracts.frames import BEGAN, DESIRED, DUE, LINE, ROLE_RULE, STATE, WORKER_KEY
from data_contracts.partitions import Spread, blocks_of
from data_contracts.scim.paths import parse_path
from tasks.transform.clauses import select
from tasks.transform.contributions import contribute
from tasks.transform.doubts import find_held_back, keep_doubtful
from tasks.transform.leavers_unseen import leavers_unseen
from tasks.transform.lifecycle import FIRST_DAY, judge_employments, last_days_ended, one_per_person
from tasks.transform.mapping import assign_roles, map_attribute
from tasks.transform.matching import Source
from tasks.transform.merge import Merged, merge_sources
from tasks.transform.references import resolve_references
from tasks.transform.same_person import join_persons
from tasks.transform.teams import map_teams

CheckedBatches = Mapping[str, tuple[CheckedBatch, ExportContract]]
"""Checked batches with their contracts, by source name."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The way from sources to desired users, kept for `explain`.

    Attributes:
        people: The outcome.
        workers: Frame `frames.WORKERS` that it was mapped from, in the same order.
        role_rules: What decided each worker's role.
    """

    people: DesiredPeople
    workers: pd.DataFrame
    role_rules: pd.Series


def build_desired(
    batches: CheckedBatches,
    settings: Configuration,
    as_of: AsOf,
    *,
    spread: Spread | None = None,
) -> DesiredPeople:
    """Work out what the target should hold for everybody.

    Args:
        batches: Checked batches with their contracts, by source name.
        settings: The settings.
        as_of: The day.
        spread: Maps attributes over blocks of people; all at once when None.

    Returns:
        Desired users by worker key, the people held back, and findings.

    Raises:
        ConfigurationError: The merge, the scope, the mapping, a role rule or `teams` names a column
            that no source has, or a value map misses a value.
    """
    return derive(batches, settings, as_of, spread=spread).people


def derive(
    batches: CheckedBatches,
    settings: Configuration,
    as_of: AsOf,
    *,
    spread: Spread | None = None,
) -> Derived:
    """Do what `build_desired` does and keep the way, for `explain`."""
    employment = settings.employment_source
    checked, contract = batches[employment]
    judged = judge_employments(checked.accepted, contract, settings.lifecycle, as_of)
    held_back = find_held_back(_deciding(batches, settings), employment)
    persons = join_persons(one_per_person(judged, contract.key), contract)
    employed = Source(employment, persons.rows, contract)
    merged = _sorted(_merge(employed, batches, settings, held_back))
    frame, role_rules = _mapped(merged.workers, settings, spread)
    frame, findings = keep_doubtful(frame, merged, held_back)
    frame, about_references = resolve_references(frame, merged.workers, settings, held_back)
    frame = frame.assign(
        **{
            ROLE_RULE: role_rules,
            DUE: _due(frame[WORKER_KEY], employed, settings),
            BEGAN: _began(frame[WORKER_KEY], employed),
        }
    )
    complete = _is_complete(settings, employment, checked)
    ends = settings.lifecycle.suspended == "deactivate"
    unseen = leavers_unseen(employment, contract, complete_roster=complete, suspended_ends=ends)
    people = DesiredPeople(
        frame=DESIRED.check(frame),
        paths=_paths(settings),
        create_only=_create_only(settings),
        references=_references(settings),
        held_back=held_back,
        complete_roster=complete,
        findings=(*unseen, *persons.findings, *merged.findings, *findings, *about_references),
        former=persons.former,
        zone_days=judged.zone_days,
        teams=None if settings.teams is None else map_teams(merged.workers, settings.teams),
    )
    return Derived(people, merged.workers, role_rules)


def _due(keys: pd.Series, employed: Source, settings: Configuration) -> pd.Series:
    """When access should have ended: seconds since 1970, 0 where nothing says so."""
    ended = last_days_ended(employed.rows, employed.contract, settings.lifecycle)
    seconds = ended.astype("datetime64[s, UTC]").astype("int64")
    return keys.map(seconds).fillna(0).astype("int64")


def _began(keys: pd.Series, employed: Source) -> pd.Series:
    """The first day of work: seconds from 1970 to its midnight in UTC, 0 where nothing says so."""
    first = employed.rows.set_index(employed.contract.key)[FIRST_DAY].dropna()
    seconds = first.astype("datetime64[s]").astype("int64")
    return keys.map(seconds).fillna(0).astype("int64")


def _deciding(batches: CheckedBatches, settings: Configuration) -> CheckedBatches:
    """The sources whose quarantined rows keep a person as a whole."""
    return {name: each for name, each in batches.items() if name not in settings.contributing}


def _merge(
    people: Source, batches: CheckedBatches, settings: Configuration, held_back: HeldBack
) -> Merged:
    """Bring every other source's rows beside the people."""

    def source(name: str) -> Source:
        return Source(name, batches[name][0].accepted, batches[name][1])

    login = settings.login_source
    merged = merge_sources(
        people,
        None if login is None else source(login),
        () if login is None else settings.merge_columns(login),
        held_back.worker_keys | held_back.identities,
    )
    people = replace(people, rows=people.rows.reset_index(drop=True))
    for name in settings.sources:
        if name in (people.name, login):
            continue
        rules, report = settings.merge_columns(name), batches[name][0].report
        given = contribute(people, source(name), rules, report)
        workers = merged.workers.assign(**given.columns)
        decides = name not in settings.contributing
        merged = replace(
            merged,
            workers=workers,
            findings=(*merged.findings, *given.findings),
            uncertain=merged.uncertain | given.ambiguous if decides else merged.uncertain,
        )
    return merged


def _sorted(merged: Merged) -> Merged:
    """By worker key, so that everything after does not depend on the order of the file."""
    workers = merged.workers.sort_values(WORKER_KEY, kind="stable")
    ambiguous, uncertain = (
        mask.loc[workers.index].reset_index(drop=True)
        for mask in (merged.ambiguous, merged.uncertain)
    )
    workers = workers.reset_index(drop=True)
    return replace(merged, workers=workers, ambiguous=ambiguous, uncertain=uncertain)


def _paths(settings: Configuration) -> tuple[str, ...]:
    has_roles = settings.roles.default is not None or settings.roles.rules
    paths = [str(parse_path(text, settings.target.extensions)) for text in settings.mapping]
    return (*paths, settings.role_path) if has_roles else tuple(paths)


def _create_only(settings: Configuration) -> frozenset[str]:
    texts = [path for path, rule in settings.mapping.items() if rule.when == "create"]
    paths = [str(parse_path(text, settings.target.extensions)) for text in texts]
    return frozenset([*paths, settings.role_path] if settings.roles.when == "create" else paths)


def _references(settings: Configuration) -> frozenset[str]:
    return frozenset(
        str(parse_path(text, settings.target.extensions))
        for text, rule in settings.mapping.items()
        if rule.account_of is not None
    )


def _is_complete(settings: Configuration, employment: str, checked: CheckedBatch) -> bool:
    declared = settings.sources[employment].complete_roster
    return checked.complete_roster if declared is None else declared


def _mapped(
    workers: pd.DataFrame, settings: Configuration, spread: Spread | None
) -> tuple[pd.DataFrame, pd.Series]:
    """Map everybody: scope, attributes and role of a person are their own row's alone."""
    if spread is None or workers.empty:
        return map_people(workers, settings)
    try:
        parts = spread.over(partial(map_people, settings=settings), blocks_of(workers, spread.rows))
    except ConfigurationError:
        return map_people(workers, settings)  # says it of everybody, not of the first block
    return pd.concat([frame for frame, _ in parts]), pd.concat([roles for _, roles in parts])


def map_people(workers: pd.DataFrame, settings: Configuration) -> tuple[pd.DataFrame, pd.Series]:
    """Columns of frame `frames.DESIRED`, one for each attribute path that refers to nobody."""
    groups = settings.scope.any_of
    in_scope = select(workers, groups, "scope") if groups else pd.Series(True, index=workers.index)
    columns: dict[str, pd.Series] = {
        WORKER_KEY: workers[WORKER_KEY],
        "state": workers[STATE],
        "presence": workers["presence"],
        "reason": workers["reason"],
        "in_scope": in_scope,
    }
    for path, rule in settings.mapping.items():
        if rule.account_of is None:
            name = str(parse_path(path, settings.target.extensions))
            columns[name] = map_attribute(workers, path, rule)
    role, decided = assign_roles(workers, settings.roles)
    if settings.roles.default is not None or settings.roles.rules:
        columns[settings.role_path] = role
    for column in workers.columns:
        source, dot, name = str(column).rpartition(".")
        if dot and name == LINE:
            columns[f"line.{source}"] = workers[column]
    return pd.DataFrame(columns), decided
