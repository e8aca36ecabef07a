"""Keeping the audit trail: a person's purge and retention, in the ledger and in runs' folders."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data_contracts.errors import ScimflowError
from data_contracts.purge import Pruned, Purged
from flows.private_output import write_private
from flows.project import Project, utc_now
from tasks.ledger import open_ledger
from tasks.report.selection import HEAD_FILE, REPORT_FILE, RUN_FILE

TOLD_FILES = (REPORT_FILE, RUN_FILE)
"""Files of a run's folder that have keys and no values, unless `report.show_values` is on."""


SOUGHT_MIN = 3
"""Shorter identifiers are looked for in quotation marks alone: `7` is in every second line."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done to the ledger and to the folders of runs.

    Attributes:
        ledger: What the ledger says.
        files: Files removed.
        renamed: Files in which a pseudonym stands now.
    """

    ledger: Purged | Pruned
    files: int
    renamed: int = 0


def purge(project: Project, person: str, *, by: str, note: str, dry: bool) -> Kept:
    """Put a pseudonym in the place of a person, in the ledger and in the folders of runs.

    Args:
        project: Settings and folder.
        person: Worker key, account id or userName.
        by: Who does it.
        note: Why.
        dry: Whether to count alone.
    """
    target = project.settings.target.name
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        purged = ledger.purge(target, person, by=by, note=note, at=utc_now(), dry=dry)
    renamed = files = 0
    for path in _naming(_files(project.runs_folder), purged.identifiers):
        if path.name in TOLD_FILES and not project.settings.report.show_values:
            renamed += 1
            if not dry:
                _rename(path, purged)
        else:
            files += 1
            if not dry:
                _remove(path)
    return Kept(purged, files, renamed)


def prune(project: Project, *, by: str, dry: bool) -> Kept:
    """Remove what is over its time, in the ledger and in the folders of runs.

    Args:
        project: Settings and folder.
        by: Who does it.
        dry: Whether to count alone.
    """
    settings, now = project.settings.ledger, utc_now()
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        pruned = ledger.prune(
            values_before=_before(now, settings.keep_values_days),
            rows_before=_before(now, settings.keep_runs_days),
            at=now,
            by=by,
            dry=dry,
        )
    files = 0
    for run_id in pruned.runs:
        for path in sorted((project.runs_folder / run_id).glob("*")):
            if path.name != HEAD_FILE:  # it proves that the chain was not cut
                files += 1
                if not dry:
                    _remove(path)
    return Kept(pruned, files)


def _before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _files(runs: Path) -> Iterator[Path]:
    for path in sorted(runs.glob("*/*")):
        if path.is_file() and path.name != HEAD_FILE:
            yield path


def _naming(files: Iterable[Path], identifiers: tuple[str, ...]) -> Iterator[Path]:
    """The files in which one of the identifiers stands."""
    pattern = _pattern(identifiers)
    for path in files:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise ScimflowError(f"{path}: cannot be read: {error.strerror}") from None
        if pattern.search(text):
            yield path


def _pattern(identifiers: tuple[str, ...]) -> re.Pattern[str]:
    long = [text for text in identifiers if len(text) >= SOUGHT_MIN]
    written = {form for text in long for form in (text, json.dumps(text)[1:-1])}
    written |= {f'"{text}"' for text in identifiers if len(text) < SOUGHT_MIN}
    words = "|".join(re.escape(text) for text in sorted(written, key=len, reverse=True))
    return re.compile(rf"(?<![\w@+-])(?:{words})(?![\w@+-])", re.IGNORECASE)


def _rename(path: Path, purged: Purged) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    renamed = _pattern(purged.identifiers).sub(purged.pseudonym, text)
    write_private(path, [renamed.encode()], "a run's file")


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path) if path.is_dir() else os.unlink(path)
    except OSError as error:
        raise ScimflowError(
            f"{path}: cannot be removed: {error.strerror}", hint="look at its rights; then again"
        ) from None
