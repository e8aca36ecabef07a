"""From an export at hand to what the first settings need: its contract, known or drafted."""

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.odcs.extension_text import FILL_IN, extension_text
from flows.project import utc_now
from tasks.extract.contracts import read_contract
from tasks.extract.fitting import read_as, seen_reader
from tasks.extract.propose import propose_contract
from tasks.extract.recognise import Recognition, recognise
from tasks.report.live_starter import LIVE_STARTERS
from tasks.report.starter import StarterSource
from tasks.validate.changes import export_changes


@dataclass(frozen=True, slots=True)
class Found:
    """An export at hand with its contract.

    Attributes:
        source: What the settings will say of it.
        seen: What was seen in the file; None when the contract was given.
        drafted: The contract file that was written for it, if there was none.
        left: What a person still has to decide about the contract.
        extends: The published contract that the written one extends, "" for a draft.
    """

    source: StarterSource
    seen: Recognition | None
    drafted: Path | None
    left: tuple[str, ...]
    extends: str = ""


def source_from(name: str, export: Path, contract: str | None, folder: Path) -> Found:
    """Find an export's contract, or draft one.

    Args:
        name: Name of the source in the settings.
        export: The file, or the name of a system that is asked.
        contract: Its contract, where the user names one.
        folder: Folder of the settings; a drafted contract goes to `contracts/` in it.

    Raises:
        SourceError: The file is missing or unreadable.
        ConfigurationError: There is no such contract.
    """
    shown = _relative(export, folder)
    if str(export) in LIVE_STARTERS and not export.exists():
        return _live(name, str(export), contract, folder)
    if contract is not None:
        known = read_contract(contract, folder)
        return Found(StarterSource(name, known, contract, shown), None, None, ())
    seen = recognise(export)
    best = seen.best
    if best is not None and not best.missing:
        known = read_contract(best.contract, folder)
        text = _other_form(export, known)
        if text:
            return _written(name, folder, seen, shown, text, extends=known.name)
        return Found(StarterSource(name, known, best.contract, shown), seen, None, ())
    return _written(name, folder, seen, shown, propose_contract(export))


def _other_form(export: Path, contract: ExportContract) -> str:
    """What an export is written otherwise, if it can be read at all; else `check` says why not."""
    with contextlib.suppress(SourceError):
        columns = read_as(export, contract, utc_now()).frame.columns
        if all(column.name in columns for column in contract.columns if column.required):
            return ""  # else a title was taken for the header
    with contextlib.suppress(SourceError):
        return fitted_text(export, contract, with_changes=False)
    return ""


def fitted_text(export: Path, contract: ExportContract, *, with_changes: bool) -> str:
    """A contract that extends a published one and says how an export at hand is written.

    Args:
        export: The file.
        contract: The published contract, whose columns the export has.
        with_changes: Whether columns and statuses that differ are written down as well, to be
            filled in.

    Returns:
        YAML.

    Raises:
        SourceError: The export cannot be read in any form.
    """
    reader, numeric = seen_reader(export, contract), False
    try:
        batch = read_as(export, replace(contract, reader=reader), utc_now())
    except SourceError:
        if reader.format is not FileFormat.EXCEL:
            raise
        numeric = True  # only tried here: a person has to declare it
        fitting = replace(contract, reader=replace(reader, numeric_ids=numeric))
        batch = read_as(export, fitting, utc_now())
    changes = export_changes(batch, contract) if with_changes else ()
    return extension_text(contract, changes, reader, numeric)


def _live(name: str, system: str, contract: str | None, folder: Path) -> Found:
    """A system that is asked, in place of a file."""
    starter = LIVE_STARTERS[system]
    reference = contract or starter.contract
    known = read_contract(reference, folder)
    left = tuple(f"{name}: {text}" for text in starter.left)
    source = StarterSource(name, known, reference, system, starter.lines)
    return Found(source, None, None, left)


def describe(found: Found) -> str:
    """Say in a few lines what the export was taken for, and what was seen."""
    source = found.source
    lines = [f"{source.name}: {source.path}"]
    if found.seen is not None:
        seen = found.seen
        certain = "" if seen.encoding_certain else " (not certain: look at names with accents)"
        form = f"{seen.format}, {seen.encoding}{certain}" if seen.encoding else str(seen.format)
        if seen.sheet:
            form += f", sheet {seen.sheet!r}"
        if seen.records_at:
            form += f", records at `{seen.records_at}`"
        if seen.delimiter:
            form += f", cells separated by {seen.delimiter!r}"
        lines.append(f"  seen: {form}, {len(seen.header)} columns, about {seen.rows_estimate} rows")
    if found.extends:
        lines.append(f"  contract: {found.extends}, in the form that was seen: {found.drafted}")
    elif found.drafted is not None:
        lines.append(f"  no published contract fits; drafted: {found.drafted}")
        if found.seen is not None and found.seen.best is not None:
            best = found.seen.best
            lines.append(f"  nearest: {best.contract}, without {', '.join(best.missing)}")
    else:
        lines.append(f"  contract: {source.reference} {source.contract.version}")
    return "\n".join(lines)


def _written(
    name: str, folder: Path, seen: Recognition, shown: str, text: str, *, extends: str = ""
) -> Found:
    """Keep a contract beside the settings, for a person to complete; one that is there stays."""
    path = folder / "contracts" / f"{name}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    reference = path.relative_to(folder).as_posix()
    left: tuple[str, ...] = (f"{path}: {_WHAT_IS_LEFT}; then `scimflow check`",)
    if extends:
        left = (f"{path}: answer each {FILL_IN}",) if f"{FILL_IN}:" in text else ()
    contract = read_contract(reference, folder)
    return Found(StarterSource(name, contract, reference, shown), seen, path, left, extends)


_WHAT_IS_LEFT = (
    "say what each column means, which is the key, and how one sees that somebody has left; then "
    "`status: active`"
)


def _relative(export: Path, folder: Path) -> str:
    """The export's path as the settings will have it: seen from their folder, if it is in it."""
    path = Path(os.path.relpath(export, folder))
    return (export.resolve() if ".." in path.parts else path).as_posix()
