"""The audit trail: what was done to whom, when, by which run, why and with what result."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.outcome import HistoryEntry
from data_contracts.scim.paths import short_name
from data_contracts.team_plan import TEAM_PREFIX
from data_contracts.words import OutcomeResult
from tasks.report.terminal_layout import SIGNS, TEAM_SIGNS, Line, heading, key, safe, spaced
from tasks.report.wording import RESULTS, exchange_text, moment

_OTHER_SIGNS = {
    "adopt": ("=", "blue"),
    "link": ("=", "magenta"),
    "unlink": ("/", "magenta"),
    "quarantine": ("!", "yellow"),
    "approve": ("*", "magenta"),
    "reject": ("x", "magenta"),
}
_TEAM_SIGNS = {"join-team": ("+", "green"), "leave-team": ("-", "red")}
_SIGNS = {
    **{str(kind): sign for kind, sign in (*SIGNS.items(), *TEAM_SIGNS.items())},
    **_TEAM_SIGNS,
    **_OTHER_SIGNS,
}
_WELL = (OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.SETTLED)


def history_view(entries: Sequence[HistoryEntry]) -> RenderableType:
    """Entries run by run, in the order given.

    Args:
        entries: Entries of the audit trail.
    """
    return Group(*history_lines(entries)) if entries else Line(safe("Nothing is recorded."))


def history_lines(entries: Sequence[HistoryEntry]) -> Iterator[RenderableType]:
    """The same as lines, each run below a title of its own.

    Args:
        entries: Entries of the audit trail.
    """
    for run_id, group in groupby(entries, key=lambda entry: entry.run_id):
        yield heading(f"Run {run_id}")
        for entry in group:
            yield from _entry(entry)


def _entry(entry: HistoryEntry) -> Iterator[RenderableType]:
    sign, style = _SIGNS.get(entry.kind, ("?", ""))
    keys = spaced(
        key(moment(entry.at)),
        safe(entry.kind, "bold"),
        key(_subject(entry)) if entry.worker_key else Text(),
        key(f"{_resource(entry)} {entry.account_id}") if entry.account_id else Text(),
        _result(entry),
    )
    yield Line(Text(f"{sign} ", style) + keys, 2, 4)
    for text in _details(entry):
        yield Line(safe(text, "dim"), 6, 2)


def _resource(entry: HistoryEntry) -> str:
    return "group" if entry.worker_key.startswith(TEAM_PREFIX) else "account"


def _subject(entry: HistoryEntry) -> str:
    if entry.worker_key.startswith(TEAM_PREFIX):
        return f"team {entry.worker_key.removeprefix(TEAM_PREFIX)}"
    return f"worker {entry.worker_key}"


def _result(entry: HistoryEntry) -> Text:
    if not entry.result:
        told = entry.kind not in _OTHER_SIGNS
        return safe("no outcome is recorded", "yellow") if told else Text()
    try:
        result = OutcomeResult(entry.result)
    except ValueError:
        return safe(entry.result)
    return safe(RESULTS[result], "green" if result in _WELL else "bold red")


def _details(entry: HistoryEntry) -> Iterator[str]:
    reason = ": ".join(part for part in (entry.reason, entry.explanation) if part)
    rows = f" ({', '.join(entry.rows)})" if entry.rows else ""
    if reason or rows:
        yield reason + rows
    if entry.detail:
        applied = entry.result == OutcomeResult.APPLIED
        yield f"{'but' if applied else 'because'}: {entry.detail}"
    if entry.changed:
        yield f"wrote {', '.join(short_name(path) for path in entry.changed)}"
    for exchange in entry.exchanges:
        yield f"{exchange.purpose}: {exchange_text(exchange)}"
    if entry.verified:
        yield f"verified: {entry.verified}"
