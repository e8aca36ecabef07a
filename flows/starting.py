"""From an export at hand to what the first settings need: its contract, known or drafted."""

import os
from dataclasses import dataclass
from pathlib import Path

from tasks.extract.contracts import read_contract
from tasks.extract.propose import propose_contract
from tasks.extract.recognise import Recognition, recognise
from tasks.report.live_starter import LIVE_STARTERS
from tasks.report.starter import StarterSource


@dataclass(frozen=True, slots=True)
class Found:
    """An export at hand with its contract.

    Attributes:
        source: What the settings will say of it.
        seen: What was seen in the file; None when the contract was given.
        drafted: The contract file that was written for it, if there was none.
        left: What a person still has to decide about the contract.
    """

    source: StarterSource
    seen: Recognition | None
    drafted: Path | None
    left: tuple[str, ...]


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
        return Found(StarterSource(name, known, best.contract, shown), seen, None, ())
    return _drafted(name, export, folder, seen, shown)


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
    if found.drafted is not None:
        lines.append(f"  no published contract fits; drafted: {found.drafted}")
        if found.seen is not None and found.seen.best is not None:
            best = found.seen.best
            lines.append(f"  nearest: {best.contract}, without {', '.join(best.missing)}")
    else:
        lines.append(f"  contract: {source.reference} {source.contract.version}")
    return "\n".join(lines)


def _drafted(name: str, export: Path, folder: Path, seen: Recognition, shown: str) -> Found:
    """Write a contract for an export that nobody knows, for a person to complete."""
    path = folder / "contracts" / f"{name}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(propose_contract(export), encoding="utf-8")
    reference = path.relative_to(folder).as_posix()
    contract = read_contract(reference, folder)
    left = (
        f"{path}: say what each column means, which is the key, and what each status value "
        "means; then `scimflow check`",
    )
    return Found(StarterSource(name, contract, reference, shown), seen, path, left)


def _relative(export: Path, folder: Path) -> str:
    """The export's path as the settings will have it: seen from their folder, if it is in it."""
    path = Path(os.path.relpath(export, folder))
    return (export.resolve() if ".." in path.parts else path).as_posix()
