"""The demo's last table: what happened to whom and why, as the ledger has it."""

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.cli import run as scimflow

NAMED = 3  # people named in a line that is about many
DID = {
    "create": "created",
    "update": "changed",
    "reactivate": "switched on again",
    "deactivate": "deactivated",
    "adopt": "came under management",
    "quarantine": "row set aside",
}
ORDER = tuple(reversed(DID))
Entry = Mapping[str, Any]


def outcome_table(folder: Path, title: str) -> Table:
    """Tell what happened in all runs of one company.

    Args:
        folder: Where its scimflow.yaml is.
        title: Of the table.

    Returns:
        A line for each person, or for several to whom the same happened for the same reason.
    """
    table = Table("Day", "Who", "What", "Why", title=title, title_justify="left", expand=False)
    names = _names(folder)
    for run in sorted(_history(folder), key=lambda r: str(r["run_id"])):
        entries = _history(folder, str(run["run_id"]))
        groups = _grouped(entries)
        for index, ((kind, why), members) in enumerate(groups.items()):
            day = str(run["as_of"]) if index == 0 else ""
            table.add_row(day, _who(members, names), DID.get(kind, kind), why)
        if run["state"] == "held":
            table.add_row(
                "" if groups else str(run["as_of"]), "everybody", "nothing", "held by a guardrail"
            )
        table.add_section()
    return table


def _history(folder: Path, *subject: str) -> list[Entry]:
    """What `scimflow history --json` says."""
    captured = io.StringIO()
    with contextlib.redirect_stdout(captured):
        words = ["history", *subject, "--config", str(folder / "scimflow.yaml"), "--json"]
        code = scimflow(words)
    if code:
        raise RuntimeError(f"scimflow {' '.join(words)}: exit code {code}")
    document = json.loads(captured.getvalue())
    entries: list[Entry] = document["entries"] if subject else document["runs"]
    return entries


def _grouped(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """By what was done and why, in the order of a plan: leavers first."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        why = str(entry["explanation"] or entry["reason"])
        if entry["result"] not in ("", "applied"):
            why += f" ({entry['result']})"
        groups.setdefault((str(entry["kind"]), why), []).append(entry)
    rank = {kind: number for number, kind in enumerate(DID)}
    return dict(sorted(groups.items(), key=lambda group: (rank.get(group[0][0], 0), group[0][1])))


def _who(members: list[Entry], names: Mapping[str, str]) -> str:
    shown = [_person(str(m["worker_key"]), names) for m in members[:NAMED]]
    more = len(members) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _person(key: str, names: Mapping[str, str]) -> str:
    return f"{names[key]} ({key})" if key in names else key


def _names(folder: Path) -> dict[str, str]:
    """Names by personnel number; the people of the examples are made up, so they may be shown."""
    names: dict[str, str] = {}
    for path in sorted(folder.glob("exports/h*.csv"), reverse=True):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                names.setdefault(row[0], " ".join(row[1:3]))
    return names
