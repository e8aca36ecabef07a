"""What is said of quarantined rows: lists, single rows, the files for analysts, what came back."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from data_contracts.correction import RecordedCorrection, Replay
from data_contracts.quarantine import KeptRow, Quarantine
from data_contracts.quarantine_columns import OURS, with_guard
from tasks.report.blocks import Block, Heading, Paragraph, Table
from tasks.report.document_parts import iso
from tasks.report.privacy import HIDDEN, value_text
from tasks.report.wording import moment, plural

NO_KEY = "(no key)"


def list_blocks(found: Quarantine, counting: Sequence[RecordedCorrection]) -> list[Block]:
    """The rows that are set aside, and the corrections that count."""
    where = "the exports at hand" if found.run is None else f"run {found.run.run_id}"
    blocks: list[Block] = [Heading(f"{plural(len(found.rows), 'row')} set aside: {where}", 1)]
    blocks.append(
        Table(
            ("Row", "Worker", "Reasons"),
            [
                (f"{row.source}:{row.line}", row.worker_key or NO_KEY, "; ".join(row.reasons))
                for row in found.rows
            ],
        )
    )
    if counting:
        blocks += [
            Heading("Corrections that count, as long as the export has what was corrected"),
            Table(
                ("Number", "Row", "Worker", "Columns, by whom and when"),
                [
                    (
                        str(each.number),
                        f"{each.source}:{each.line}",
                        each.worker_key or NO_KEY,
                        f"{', '.join(each.columns)}; {each.by}, {moment(each.at)}"
                        + (f": {each.note}" if each.note else ""),
                    )
                    for each in counting
                ],
            ),
        ]
    return blocks


def list_document(found: Quarantine, counting: Sequence[RecordedCorrection]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "run": None if found.run is None else found.run.run_id,
        "rows": [row_document(row, show_cells=False) for row in found.rows],
        "without_cells": list(found.without_cells),
        "corrections": [
            {
                "number": each.number,
                "source": each.source,
                "delivery": each.delivery,
                "line": each.line,
                "worker_key": each.worker_key,
                "columns": list(each.columns),
                "by": each.by,
                "note": each.note,
                "at": iso(each.at),
            }
            for each in counting
        ],
    }


def row_blocks(row: KeptRow, show_cells: bool) -> list[Block]:
    """Everything about one row."""
    blocks: list[Block] = [
        Heading(f"{row.source}:{row.line}  worker {row.worker_key or NO_KEY}", 1),
        Paragraph(f"{row.path}, contract {row.contract}"),
        Table(("Rule", "In words"), list(zip(row.rules, row.reasons, strict=False))),
    ]
    if row.cells is None:
        text = "Its cells are not kept: it could not be taken apart, or the run's file is not here."
        return [*blocks, Paragraph(text)]
    cells = [(name, value_text(cell) if show_cells else HIDDEN) for name, cell in row.cells.items()]
    return [*blocks, Heading("Cells"), Table(("Column", "Cell"), cells)]


def row_document(row: KeptRow, show_cells: bool) -> dict[str, Any]:
    """The same for machines."""
    return {
        "source": row.source,
        "file": row.path,
        "digest": row.digest,
        "contract": row.contract,
        "line": row.line,
        "rules": list(row.rules),
        "reasons": list(row.reasons),
        "worker_key": row.worker_key,
        "row": row.cells if show_cells else None,
        "hidden": not show_cells,
    }


def returnable_csv(rows: Sequence[KeptRow]) -> bytes:
    """Rows of one source as a CSV that a spreadsheet opens without harm, and that comes back.

    UTF-8 with a byte-order mark, since Excel wants one; everything quoted.
    """
    names = list(dict.fromkeys(name for row in rows for name in row.cells or {}))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*OURS, *map(with_guard, names)])
    for row in rows:
        ours = (
            row.source, row.digest, str(row.line), ", ".join(row.rules), "; ".join(row.reasons)
        )  # fmt: skip
        cells = [(row.cells or {}).get(name) or "" for name in names]
        writer.writerow([with_guard(cell) for cell in (*ours, *cells)])
    return text.getvalue().encode("utf-8-sig")


def returnable_jsonl(rows: Sequence[KeptRow]) -> bytes:
    """Rows as JSON, one object a line, every cell as it is."""
    lines = [json.dumps(row_document(row, True), ensure_ascii=False) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def replay_blocks(found: Replay, *, dry_run: bool) -> list[Block]:
    """What came of a replayed file."""
    go_on = [row.correction for row in found.rows if not row.reasons]
    one, many = ("would go on",) * 2 if dry_run else ("goes on", "go on")
    counted = plural(len(go_on), f"row {one}", f"rows {many}")
    blocks: list[Block] = [Heading(f"{counted} in the next plan and sync", 1)]
    rows = [
        (f"{c.source}:{c.line}", c.worker_key or NO_KEY, f"corrected: {', '.join(c.columns)}")
        for c in go_on
    ]
    blocks.append(Table(("Row", "Worker", "What"), rows))
    stay = [
        (f"{r.correction.source}:{r.correction.line}", f"still breaks: {'; '.join(r.reasons)}")
        for r in found.rows
        if r.reasons
    ]
    stay += [(row, "came back as it was") for row in found.unchanged]
    stay += [(row, why) for row, why in found.refused.items()]
    if stay:
        rows_stay = plural(len(stay), "row stays quarantined", "rows stay quarantined")
        blocks += [Heading(rows_stay), Table(("Row", "Why"), stay)]
    return blocks


def replay_document(found: Replay, *, dry_run: bool) -> dict[str, Any]:
    """The same for machines; no cells."""
    return {
        "kept": not dry_run,
        "all_go_on": found.all_go_on,
        "rows": [
            {
                "source": row.correction.source,
                "line": row.correction.line,
                "worker_key": row.correction.worker_key,
                "columns": list(row.correction.columns),
                "goes_on": not row.reasons,
                "reasons": list(row.reasons),
            }
            for row in found.rows
        ],
        "unchanged": found.unchanged,
        "refused": found.refused,
    }
