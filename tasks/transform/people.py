"""The transform step as a whole: from checked batches to what the target should hold.

In: every source's checked batch with its contract, the settings, the day. Out: `DesiredPeople`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch
from data_contracts.columns import folded, is_in, repeated
from data_contracts.configuration import Configuration
from data_contracts.desired import DesiredPeople, HeldBack
from data_contracts.export_contract import ExportContract
from data_contracts.finding import Finding
from data_contracts.frames import DESIRED, LINE, STATE, WORKER_KEY
from data_contracts.scim.paths import parse_path
from data_contracts.words import Authority, FindingSeverity, Presence
from tasks.transform.clauses import select
from tasks.transform.lifecycle import judge_employments, one_per_person
from tasks.transform.mapping import assign_roles, map_attribute
from tasks.transform.merge import Merged, Source, merge_sources

CheckedBatches = Mapping[str, tuple[CheckedBatch, ExportContract]]


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


def build_desired(batches: CheckedBatches, settings: Configuration, as_of: AsOf) -> DesiredPeople:
    """Work out what the target should hold for everybody.

    Args:
        batches: Checked batches with their contracts, by source name.
        settings: The settings.
        as_of: The day.

    Returns:
        Desired users by worker key, the people held back, and findings.

    Raises:
        ConfigurationError: The merge, the scope, the mapping or a role rule names a column that
            no source has, or a value map misses a value.
    """
    return derive(batches, settings, as_of).people


def derive(batches: CheckedBatches, settings: Configuration, as_of: AsOf) -> Derived:
    """Do what `build_desired` does and keep the way, for `explain`."""
    employment, login = _by_authority(batches, settings)
    checked, contract = batches[employment]
    judged = judge_employments(checked.accepted, contract, settings.lifecycle, as_of)
    merged = merge_sources(
        Source(employment, one_per_person(judged, contract.key), contract),
        None if login is None else Source(login, batches[login][0].accepted, batches[login][1]),
        settings.merge,
    )
    merged = _sorted(merged)
    held_back = _held_back(batches, employment)
    frame, role_rules = _map(merged.workers, settings)
    frame, findings = _keep_doubtful(frame, merged, held_back)
    people = DesiredPeople(
        frame=DESIRED.check(frame),
        paths=_paths(settings),
        create_only=_create_only(settings),
        held_back=held_back,
        complete_roster=_is_complete(settings, employment, checked),
        findings=(*merged.findings, *findings),
        zone_days=judged.zone_days,
    )
    return Derived(people, merged.workers, role_rules)


def _by_authority(batches: CheckedBatches, settings: Configuration) -> tuple[str, str | None]:
    names = {s.authority: name for name, s in settings.sources.items() if name in batches}
    return names[Authority.EMPLOYMENT], names.get(Authority.LOGIN)


def _sorted(merged: Merged) -> Merged:
    """By worker key, so that everything after does not depend on the order of the file."""
    workers = merged.workers.sort_values(WORKER_KEY, kind="stable")
    ambiguous = merged.ambiguous.loc[workers.index].reset_index(drop=True)
    return Merged(workers.reset_index(drop=True), ambiguous, merged.findings)


def _paths(settings: Configuration) -> tuple[str, ...]:
    has_roles = settings.roles.default is not None or settings.roles.rules
    texts = [*settings.mapping, *([settings.target.role_path] if has_roles else [])]
    return tuple(str(parse_path(text, settings.target.extensions)) for text in texts)


def _create_only(settings: Configuration) -> frozenset[str]:
    texts = [path for path, rule in settings.mapping.items() if rule.when == "create"]
    if settings.roles.when == "create":
        texts.append(settings.target.role_path)
    return frozenset(str(parse_path(text, settings.target.extensions)) for text in texts)


def _is_complete(settings: Configuration, employment: str, checked: CheckedBatch) -> bool:
    declared = settings.sources[employment].complete_roster
    return checked.complete_roster if declared is None else declared


def _map(workers: pd.DataFrame, settings: Configuration) -> tuple[pd.DataFrame, pd.Series]:
    """Columns of frame `frames.DESIRED`, one for each attribute path."""
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
        name = str(parse_path(path, settings.target.extensions))
        columns[name] = map_attribute(workers, path, rule)
    role, decided = assign_roles(workers, settings.roles)
    if settings.roles.default is not None or settings.roles.rules:
        columns[str(parse_path(settings.target.role_path, settings.target.extensions))] = role
    for column in workers.columns:
        source, dot, name = str(column).rpartition(".")
        if dot and name == LINE:
            columns[f"line.{source}"] = workers[column]
    return pd.DataFrame(columns), decided


def _held_back(batches: CheckedBatches, employment: str) -> HeldBack:
    """Whom the quarantined rows of any source may be about."""
    keys, identities, unidentified = set[str](), set[str](), 0
    for name, (checked, _) in batches.items():
        for row in checked.report.quarantined:
            identities.update(text.strip().lower() for text in row.identities)
            if name == employment and row.worker_key is not None:
                keys.add(row.worker_key)
            elif row.worker_key is not None:
                identities.add(row.worker_key.strip().lower())
            unidentified += name == employment and row.worker_key is None
    return HeldBack(frozenset(keys), frozenset(identities), unidentified)


def _keep_doubtful(
    frame: pd.DataFrame, merged: Merged, held_back: HeldBack
) -> tuple[pd.DataFrame, list[Finding]]:
    """Nobody whose identity is in doubt is provisioned or deprovisioned."""
    present = frame["presence"] == Presence.PRESENT
    nameless = present & frame["userName"].isna()
    doubts: list[tuple[pd.Series, str, str, str]] = [
        (merged.ambiguous, "login-ambiguous", "", ""),
        (
            _is_held(frame, merged.workers, held_back),
            "quarantined",
            "a row of this person is quarantined",
            "correct the row in the source; until then the person keeps what they have",
        ),
        (
            nameless,
            "no-user-name",
            "the mapping gives no userName, which SCIM requires",
            "give the person an e-mail address or a login in the source",
        ),
        *_shared(frame, present),
    ]
    findings: list[Finding] = []
    for mask, code, message, hint in doubts:
        chosen = mask & (frame["presence"] != Presence.KEPT)
        frame = frame.assign(
            presence=frame["presence"].mask(chosen, str(Presence.KEPT)),
            reason=frame["reason"].mask(chosen, code),
        )
        severity = FindingSeverity.WARNING if code == "quarantined" else FindingSeverity.CRITICAL
        subjects = frame.loc[chosen, WORKER_KEY].tolist() if message else []
        findings += [
            Finding(code=code, severity=severity, subject=str(s), message=message, hint=hint)
            for s in subjects
        ]
    return frame, findings


def _shared(frame: pd.DataFrame, present: pd.Series) -> list[tuple[pd.Series, str, str, str]]:
    """Two people who should both be present and share what must be unique."""
    doubts = []
    for path, code in (("userName", "user-name-shared"), ("externalId", "external-id-shared")):
        if path in frame.columns:
            mask = repeated(folded(frame[path]).where(present))
            message = f"another person has the same {path}"
            hint = "two rows for one person, or one address for two: correct the source"
            doubts.append((mask, code, message, hint))
    return doubts


def _is_held(frame: pd.DataFrame, workers: pd.DataFrame, held_back: HeldBack) -> pd.Series:
    """People one of whose identifying values stands in a quarantined row."""
    held = is_in(frame[WORKER_KEY], held_back.worker_keys)
    if not held_back.identities:
        return held
    known = ("worker_id", "employee_number", "external_id", "user_name", "email")
    columns = [workers[name] for name in known if name in workers.columns]
    columns += [frame[path] for path in ("userName", "externalId") if path in frame.columns]
    for column in columns:
        held = held | is_in(folded(column), held_back.identities)
    return held
