"""Corrected rows go back through the contract: which go on, which stay quarantined and why."""

from collections.abc import Sequence
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.correction import Correction, Replay, Replayed
from data_contracts.errors import BatchRefused, ConfigurationError
from data_contracts.export_contract import ExportContract
from flows.correcting import Corrected, check_corrected
from flows.project import Project, utc_now
from flows.stages import PLAIN
from tasks.extract.contracts import read_contract
from tasks.extract.returned_rows import read_returned
from tasks.ledger import LedgerReader
from tasks.validate.corrected_rows import ReturnedRow, compare_rows


async def replay(
    project: Project, ledger: LedgerReader, file: Path, day: str | None = None
) -> Replay:
    """Hold corrected rows against their contracts, together with the exports at hand.

    Args:
        project: Settings and folder.
        ledger: Has the corrections that count already.
        file: What an analyst gave back.
        day: Day of the exports that the rows are held against them with; today when None.

    Raises:
        SourceError: The file, or an export, cannot be read.
        ConfigurationError: A source is not one of the settings'.
    """
    returned = [ReturnedRow(*row) for row in read_returned(file)]
    known = project.settings.sources
    _check_rows(returned, list(known))
    result = Replay()
    for source in known:
        rows = [row for row in returned if row.source == source]
        if rows:
            await _replay_source(project, ledger, source, rows, project.as_of(day), result)
    return result


def _check_rows(rows: Sequence[ReturnedRow], known: list[str]) -> None:
    seen: set[tuple[str, int]] = set()
    for row in rows:
        if row.source not in known:
            raise ConfigurationError(
                f"there is no source {row.source!r}", hint=f"the settings name {', '.join(known)}"
            )
        if (row.source, row.line) in seen:
            raise ConfigurationError(
                f"row {row.source}:{row.line} stands twice in the file", hint="leave one of them"
            )
        seen.add((row.source, row.line))


async def _replay_source(
    project: Project,
    ledger: LedgerReader,
    source: str,
    rows: list[ReturnedRow],
    as_of: AsOf,
    result: Replay,
) -> None:
    settings = project.settings.sources[source]
    contract = read_contract(settings.contract, project.folder)
    raw = await PLAIN.extract(source, settings, contract, project.folder, utc_now(), as_of)
    kept = ledger.corrections(project.settings.target.name, source)
    now = await check_corrected(PLAIN.check, raw, contract, as_of, kept)
    compared = compare_rows(rows, now.batch, now.checked.report, contract)
    result.unchanged += [f"{source}:{line}" for line in compared.unchanged]
    result.refused |= {f"{source}:{line}": why for line, why in compared.refused.items()}
    result.rows += await _try(now, contract, as_of, compared.corrections)


async def _try(
    now: Corrected, contract: ExportContract, as_of: AsOf, corrections: Sequence[Correction]
) -> list[Replayed]:
    """Check the batch with the corrections, until all that are left go on together."""
    going_on, reasons = list(corrections), dict[int, tuple[str, ...]]()
    while going_on:
        tried = await check_corrected(PLAIN.check, now.batch, contract, as_of, going_on)
        if tried.harm:
            raise BatchRefused(
                f"{now.batch.source}: nothing was taken over: {tried.harm}",
                hint="correct the rows otherwise; two people cannot share an address or a key",
            )
        aside = {row.line: row.reasons for row in tried.checked.report.quarantined}
        used = {correction.line for correction in tried.used}
        stay = [c for c in going_on if c.line in aside or c.line not in used]
        if not stay:
            break
        reasons |= {c.line: aside.get(c.line, ("its cells are not unique",)) for c in stay}
        going_on = [c for c in going_on if c not in stay]
    return [Replayed(c, reasons.get(c.line, ())) for c in corrections]
