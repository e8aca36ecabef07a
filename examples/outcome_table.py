"""The demo's last table: what happened to whom and why, as the ledger has it."""

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows.cli import run as scimflow

NAMED = 3  # people named in a line that is about many
DID = {
    "deactivate": "deactivated",
    "update": "changed",
    "reactivate": "switched on again",
    "create": "created",
    "adopt": "came under management",
    "quarantine": "row set aside",
    "critical": "left alone",
    "warning": "reported",
}
"""What was done, in the order of the table: as in a plan, then what a person should look at."""

UNWELL = ("failed", "conflict", "unknown", "skipped")

Entry = Mapping[str, Any]
Groups = dict[tuple[str, str], list[str]]


def outcome_table(folder: Path, title: str) -> Table:
    """Tell what happened in all runs of one company.

    Args:
        folder: Where its scimflow.yaml is.
        title: Of the table.

    Returns:
        A line for each person, or for several to whom the same happened for the same reason.
    """
    table = Table("Day", "Who", "What", "Why", title=title, title_justify="left")
    names = _names(folder)
    for run in sorted(_history(folder), key=lambda r: str(r["run_id"])):
        lines = _lines(folder, run, names)
        for index, line in enumerate(lines):
            cells = (str(run["as_of"]) if index == 0 else "", *line)
            table.add_row(*map(Text, cells))
        table.add_section()
    return table


def _lines(folder: Path, run: Entry, names: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """Who, what and why of one run."""
    if run["state"] == "held":
        return [("everybody", "nothing", str(run["message"]).partition(". ")[0])]
    run_id = str(run["run_id"])
    groups = _grouped([*_history(folder, run_id), *_findings(folder, run_id)])
    return [(_who(who, names), DID.get(kind, kind), why) for (kind, why), who in groups.items()]


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


def _findings(folder: Path, run_id: str) -> list[Entry]:
    """What a person should look at, from the run's own file, as lines like the ledger's."""
    document = json.loads((folder / "runs" / run_id / "run.json").read_text(encoding="utf-8"))
    return [
        {
            "kind": finding["severity"],
            "worker_key": finding["subject"],
            "explanation": finding["message"],
            "result": "",
        }
        for finding in document["plan"]["findings"]
        if finding["severity"] != "info" and finding["code"] != "quarantined"
    ]


def _grouped(entries: Iterable[Entry]) -> Groups:
    """The people to whom the same was done for the same reason, in the order of the table."""
    groups: Groups = {}
    for entry in entries:
        why = str(entry["explanation"] or entry["reason"]).partition(";")[0]
        if entry["result"] in UNWELL:
            why += f" ({entry['result']}: {entry['detail']})"
        who = str(entry["worker_key"] or ", ".join(entry["rows"]))
        group = groups.setdefault((str(entry["kind"]), why), [])
        if who not in group:  # two rows with one number are set aside together
            group.append(who)
    rank = {kind: number for number, kind in enumerate(DID)}
    return dict(sorted(groups.items(), key=lambda group: (rank.get(group[0][0], 0), group[0][1])))


def _who(members: list[str], names: Mapping[str, str]) -> str:
    shown = [f"{names[key]} ({key})" if key in names else key for key in members[:NAMED]]
    more = len(members) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _names(folder: Path) -> dict[str, str]:
    """Names by personnel number; the people of the examples are made up, so they may be shown."""
    names: dict[str, str] = {}
    for path in sorted(folder.glob("exports/h*.csv"), reverse=True):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                names.setdefault(row[0], " ".join(row[1:3]))
    return names
