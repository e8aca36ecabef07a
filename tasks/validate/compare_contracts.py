"""Two contracts compared: what an export that kept the one has to expect of the other.

Breaking is what may refuse an export, set rows aside, or give a value another meaning, although the
export is written as before.
"""

from collections.abc import Iterator
from dataclasses import fields

from data_contracts.contract_change import ContractChange
from data_contracts.dates import DateKind
from data_contracts.export_contract import (
    ContractColumn,
    ExportContract,
    Freshness,
    ReaderSettings,
)
from data_contracts.words import WorkerState
from tasks.validate.compare_rules import compare_rules

FILE = "file"
STATUS = "status"


def compare_contracts(old: ExportContract, new: ExportContract) -> tuple[ContractChange, ...]:
    """Compare two contracts.

    Args:
        old: What exports keep today.
        new: What they shall keep.

    Returns:
        The differences: of the file, the columns, the statuses, the rules; those of one thing
        together. Wording alone (descriptions, comments, owner) is no difference.
    """
    renamed = _renamed(old, new)
    return (
        *_reading(old.reader, new.reader),
        *_columns(old, new, renamed),
        *_meanings(old, new, renamed),
        *_whole(old, new, renamed),
        *_statuses(old, new, renamed),
        *compare_rules(old, new, renamed),
    )


def _renamed(old: ExportContract, new: ExportContract) -> dict[str, str]:
    """New name by old name, of columns that one of the two knows as an alias of the other."""
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    found: dict[str, str] = {}
    for column in new.columns:
        if column.name in before:
            continue
        for name in before.keys() - after.keys() - found.keys():
            if name in column.aliases or column.name in before[name].aliases:
                found[name] = column.name
                break
    return found


def _reading(old: ReaderSettings, new: ReaderSettings) -> Iterator[ContractChange]:
    for field in fields(ReaderSettings):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            words = field.name.replace("_", " ")
            text = f"is read with another {words}: {_shown(before)} -> {_shown(after)}"
            yield ContractChange(FILE, text, breaking=True)


def _columns(
    old: ExportContract, new: ExportContract, renamed: dict[str, str]
) -> Iterator[ContractChange]:
    after = {column.name: column for column in new.columns}
    kept = {renamed.get(column.name, column.name) for column in old.columns}
    for column in old.columns:
        name = renamed.get(column.name, column.name)
        if name not in after:
            text = "column removed: it is no longer checked, and means nothing any more"
            yield ContractChange(column.name, text, breaking=True)
            continue
        if name != column.name:
            known = column.name in after[name].aliases
            end = "the old name stays an alias" if known else "the old name is no longer known"
            yield ContractChange(column.name, f"column renamed to {name!r}; {end}", not known)
        yield from _column(column, after[name])
    for column in new.columns:
        if column.name not in kept:
            end = "every export must have it" if column.required else "optional"
            yield ContractChange(column.name, f"column added; {end}", column.required)


def _column(old: ContractColumn, new: ContractColumn) -> Iterator[ContractChange]:
    if old.required != new.required:
        text = "must be in every export now" if new.required else "may be absent now"
        yield ContractChange(new.name, text, new.required)
    gone = [name for name in old.aliases if name not in (*new.aliases, new.name)]
    come = [name for name in new.aliases if name not in (*old.aliases, old.name)]
    if gone:
        yield ContractChange(new.name, f"no longer known as {_listed(gone)}", breaking=True)
    if come:
        yield ContractChange(new.name, f"also known as {_listed(come)} now", breaking=False)
    for words, before, after in (
        ("type", old.logical_type, new.logical_type),
        ("date format", _dates(old), _dates(new)),
        ("path", old.path or old.name, new.path or (old.path or old.name)),
    ):
        if before != after:
            text = f"another {words}: {_shown(before)} -> {_shown(after)}"
            yield ContractChange(new.name, text, breaking=True)
    lost = [value for value in old.sentinels if value not in new.sentinels]
    more = [value for value in new.sentinels if value not in old.sentinels]
    if lost:
        text = f"{_listed(lost)} no longer stands for nothing"
        yield ContractChange(new.name, text, breaking=True)
    if more:
        yield ContractChange(new.name, f"{_listed(more)} stands for nothing now", breaking=False)


def _meanings(
    old: ExportContract, new: ExportContract, renamed: dict[str, str]
) -> Iterator[ContractChange]:
    kept = {column.name for column in new.columns}
    for meaning, column in old.meanings.items():
        before, after = renamed.get(column, column), new.meanings.get(meaning)
        if after is None and before in kept:
            yield ContractChange(column, f"no longer means {meaning}", breaking=True)
        elif after is not None and after != before:
            text = f"{meaning} comes from this column now, no longer from {column!r}"
            yield ContractChange(after, text, breaking=True)
    for meaning, column in new.meanings.items():
        if meaning not in old.meanings:
            yield ContractChange(column, f"means {meaning} now", breaking=False)


def _whole(
    old: ExportContract, new: ExportContract, renamed: dict[str, str]
) -> Iterator[ContractChange]:
    """The key, and what is promised of the export as a whole."""
    key = renamed.get(old.key, old.key)
    if key != new.key:
        text = f"people are known by another column: {old.key!r} -> {new.key!r}"
        yield ContractChange(FILE, text, breaking=True)
    if old.one_row_per != new.one_row_per:
        text = f"one row for each {new.one_row_per} now, no longer for each {old.one_row_per}"
        yield ContractChange(FILE, text, breaking=True)
    if old.complete_roster != new.complete_roster:
        end = "has left" if new.complete_roster else "has not left for that alone"
        yield ContractChange(FILE, f"who is absent from the export {end} now", breaking=True)
    for words, before_, after_ in (
        ("managers are named by", old.manager_by, new.manager_by),
        ("rows left out as no data", old.ignored_rows, new.ignored_rows),
    ):
        if before_ != after_:
            yield ContractChange(FILE, f"{words}: otherwise than before", breaking=True)
    yield from _freshness(old.freshness, new.freshness)
    before, after = old.max_quarantined_fraction, new.max_quarantined_fraction
    if before != after:
        text = f"{before:.0%} -> {after:.0%} of the rows may be set aside"
        yield ContractChange(FILE, text, breaking=after < before)


def _freshness(old: Freshness | None, new: Freshness | None) -> Iterator[ContractChange]:
    if old == new:
        return
    text = f"may be at most so old: {_age(old)} -> {_age(new)}"
    laxer = new is None or (
        old is not None and old.column == new.column and new.max_age > old.max_age
    )
    yield ContractChange(FILE, text, breaking=not laxer)


def _age(freshness: Freshness | None) -> str:
    if freshness is None:
        return "any age"
    return f"{freshness.max_age}" + (f" by {freshness.column!r}" if freshness.column else "")


def _statuses(
    old: ExportContract, new: ExportContract, renamed: dict[str, str]
) -> Iterator[ContractChange]:
    if old.status is None or new.status is None:
        if old.status is not new.status:
            text = "everybody counts as employed now" if new.status is None else "is asked for now"
            yield ContractChange(STATUS, text, breaking=True)
        return
    columns = tuple(renamed.get(name, name) for name in old.status.columns)
    if columns != new.status.columns:
        text = f"stands elsewhere: {_listed(columns)} -> {_listed(new.status.columns)}"
        yield ContractChange(STATUS, text, breaking=True)
    if old.status.bits != new.status.bits:
        yield ContractChange(STATUS, "is another bit of a number", breaking=True)
    before, after = old.status.states, new.status.states
    for status in before:
        if status not in after:
            text = f"{status!r} ({before[status]}) is no longer known"
            yield ContractChange(STATUS, text, breaking=True)
        elif before[status] is not after[status]:
            text = f"{status!r} means {after[status]} now, no longer {before[status]}"
            yield ContractChange(STATUS, text, breaking=True)
    yield from _new_statuses(before, after)


def _new_statuses(
    before: dict[str, WorkerState], after: dict[str, WorkerState]
) -> Iterator[ContractChange]:
    for status, state in after.items():
        if status not in before:
            yield ContractChange(STATUS, f"{status!r} is known now: {state}", breaking=False)


def _dates(column: ContractColumn) -> str:
    """How dates are written and which day counts; "" for other columns."""
    if column.dates is None:
        return ""
    zoned = any(form.zoned or form.kind is not DateKind.TEXT for form in column.dates.formats)
    return column.dates.words + (f" ({column.dates.day})" if zoned else "")


def _shown(value: object) -> str:
    return repr(str(value)) if value not in (None, "") else "none"


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names)
