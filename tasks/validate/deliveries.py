"""Whether a delivery was acted on before, or is older than what was: by its digest and its name.

An old export that comes again brings leavers back and takes joiners away.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from data_contracts.acted_on import ActedOn
from data_contracts.batch import ContractReport
from data_contracts.configuration import SourceSettings
from data_contracts.dated_path import DatedPath
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.finding import Finding
from data_contracts.words import FindingSeverity

_MAGIC = "*?["


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a source's deliveries.

    Attributes:
        last: The last one that was acted on; None before any.
        same: The last time that the one at hand was acted on; None when it never was.
    """

    last: ActedOn | None
    same: ActedOn | None


def tell_delivery(report: ContractReport, known: Known, late: Finding | None) -> ContractReport:
    """Say in the report that the delivery is late, or the last one again; else as it is."""
    if late is not None:
        return replace(report, warnings=(*report.warnings, late.message))
    if known.last is None or known.last.digest != report.digest:
        return report
    text = f"the same delivery as {known.last.words}: nothing new has come since"
    return replace(report, warnings=(*report.warnings, text))


def find_late(
    report: ContractReport, settings: SourceSettings, contract: ExportContract, known: Known
) -> Finding | None:
    """Find out whether a delivery is older than one that was acted on.

    Where the path has a `{date}`, or is a pattern of which the last by name is read, the name
    tells. Otherwise a delivery is late that was acted on before, and another one since. What
    a database or a live system answers is never late: it is asked now.

    Args:
        report: The delivery at hand.
        settings: Of its source.
        contract: Of its source.
        known: What the ledger knows.
    """
    last = known.last
    asked_now = settings.live is not None or contract.reader.format is FileFormat.SQL
    if last is None or last.digest == report.digest or asked_now:
        return None
    order = _order(settings, report.path, last.path)
    if order > 0 or (order == 0 and known.same is None):
        return None
    seen = "its name comes before" if known.same is None else f"it is {known.same.words}"
    return Finding(
        code="delivery-late",
        severity=FindingSeverity.CRITICAL,
        subject=report.source,
        message=f"late delivery: {seen}; the last one that was acted on is {last.words}",
        hint="look why an old export came again. `scimflow plan` shows what it would do; if it is "
        "meant, apply a saved plan, give --as-of, or set `late_delivery: warn` of the source",
    )


def _order(settings: SourceSettings, path: str, last: str) -> int:
    """Whether a path is of a later (1) or an earlier (-1) delivery than another; 0: no telling."""
    dated = DatedPath.parse(settings.path)
    if dated.regex:
        days = [dated.date_of(each.replace("\\", "/")) for each in (path, last)]
        if days[0] is None or days[1] is None or days[0] == days[1]:
            return 0
        return 1 if days[0] > days[1] else -1
    named = settings.pick == "newest-name" and any(sign in settings.path for sign in _MAGIC)
    if not named or path == last:
        return 0
    names = [each.replace("\\", "/").rpartition("/")[2] for each in (path, last)]
    pattern = settings.path.rpartition("/")[2]
    if not all(fnmatchcase(name, pattern) for name in names):
        return 0  # the settings named other files then
    return (names[0] > names[1]) - (names[0] < names[1])
