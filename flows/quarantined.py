"""Quarantined rows of a run, or of the exports at hand: found again with their cells."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_contracts.errors import ConfigurationError, ScimflowError
from data_contracts.outcome import RunRecord
from data_contracts.quarantine import KeptRow, Quarantine
from flows.project import Project, utc_now
from tasks.ledger import LedgerReader
from tasks.report.selection import quarantine_file

LOOKED_AT = 200
"""So many runs are looked through for the last one that read exports."""


def find_quarantine(
    project: Project, ledger: LedgerReader, run: str | None, *, now: bool, day: str | None = None
) -> Quarantine:
    """Find the rows that are set aside.

    Args:
        project: Settings and folder.
        ledger: To look in.
        run: A run's id or its beginning; the last one that read exports when None.
        now: Read the exports at hand instead.
        day: Read the exports of that day instead.

    Raises:
        ConfigurationError: There is no such run, or none at all.
    """
    if now or day is not None:
        if run is not None:
            raise ConfigurationError(
                f"a run and {'--now' if now else '--as-of'} cannot go together",
                hint="leave one of them out",
            )
        return Quarantine(None, tuple(_read_now(project, ledger, day)))
    record = _the_run(project, ledger, run)
    return _of_run(project, ledger, record)


def of_source(quarantine: Quarantine, source: str | None, known: list[str]) -> Quarantine:
    """The rows of one source, or all of them.

    Raises:
        ConfigurationError: The settings name no such source.
    """
    if source is None:
        return quarantine
    if source not in known:
        raise ConfigurationError(
            f"there is no source {source!r}", hint=f"the settings name {', '.join(known)}"
        )
    rows = tuple(row for row in quarantine.rows if row.source == source)
    missing = tuple(name for name in quarantine.without_cells if name == source)
    return Quarantine(quarantine.run, rows, missing)


def _the_run(project: Project, ledger: LedgerReader, run: str | None) -> RunRecord:
    target = project.settings.target.name
    if run is not None:
        found = ledger.run(run)
        if found is None:
            raise ConfigurationError(
                f"the ledger knows no run {run!r}", hint="`scimflow history` lists the runs"
            )
        return found
    for record in ledger.runs(LOOKED_AT, target=target):
        if ledger.batches(record.run_id):
            return record
    raise ConfigurationError(
        f"no run of target {target} has read exports yet",
        hint="use --now to look at the exports at hand",
    )


def _of_run(project: Project, ledger: LedgerReader, run: RunRecord) -> Quarantine:
    """Rows as the run's restricted files have them; where those are missing, as the ledger has."""
    kept = ledger.quarantined(run.run_id)
    rows: list[KeptRow] = []
    without: list[str] = []
    for batch in ledger.batches(run.run_id):
        if not batch.rows_quarantined:
            continue
        file = project.runs_folder / run.run_id / quarantine_file(batch.source)
        if file.is_file():
            rows += _parse(file.read_bytes(), str(file))
            continue
        without.append(batch.source)
        contract = f"{batch.contract}@{batch.contract_version}"
        rows += [
            KeptRow(
                row.source, batch.path, batch.digest, contract, row.line, row.rule_ids, row.reasons,
                row.worker_key, None,
            )
            for row in kept
            if row.source == batch.source
        ]  # fmt: skip
    return Quarantine(run, tuple(rows), tuple(without))


def _read_now(project: Project, ledger: LedgerReader, day: str | None) -> Iterator[KeptRow]:
    from flows.pipeline import Preparation, check_sources  # pandas, which the ledger needs not
    from flows.stages import PLAIN
    from tasks.validate.quarantine import quarantine_jsonl

    preparation = Preparation(project, PLAIN, ledger, project.as_of(day), utc_now())
    sources = asyncio.run(check_sources(preparation))
    for name, (checked, _) in sources.checked.items():
        yield from _parse(quarantine_jsonl(sources.raw[name], checked.report), name)


def _parse(data: bytes, origin: str) -> Iterator[KeptRow]:
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield _row(json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise ScimflowError(
                f"{Path(origin)}, line {number}: not what a run writes about quarantined rows",
                hint="the file was changed; run again, or use --now",
            ) from None


def _row(document: dict[str, Any]) -> KeptRow:
    return KeptRow(
        source=document["source"],
        path=document["file"],
        digest=document["digest"],
        contract=document["contract"],
        line=int(document["line"]),
        rules=tuple(document["rules"]),
        reasons=tuple(document["reasons"]),
        worker_key=document["worker_key"],
        cells=document["row"],
    )
