"""What a purge, a prune or a restore did, for the terminal and for machines. Names nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType

from data_contracts.purge import Pruned, Purged
from tasks.report.terminal_layout import Columns, Line, safe
from tasks.report.wording import plural


def kept_view(kept: Purged | Pruned, files: int, renamed: int, *, done: bool) -> RenderableType:
    """What was removed, as counts.

    Args:
        kept: What the ledger says.
        files: Files of runs that went.
        renamed: Files of runs with a pseudonym now.
        done: Whether it was done, or only counted.
    """
    return Group(*_lines(kept, files, renamed, done))


def kept_document(kept: Purged | Pruned, files: int, renamed: int, *, done: bool) -> dict[str, Any]:
    """The same for machines."""
    purged = isinstance(kept, Purged)
    return {
        "done": done,
        "pseudonym": kept.pseudonym if isinstance(kept, Purged) and done else None,
        "rows": dict(kept.rows),
        "plans": kept.plans,
        "corrections": kept.corrections if isinstance(kept, Purged) else 0,
        "files_removed": files,
        "files_renamed": renamed if purged else 0,
    }


def pruned_in_words(kept: Purged | Pruned, files: int, *, done: bool) -> str:
    """The same in one sentence, for the state of a run."""
    counted = [(kept.plans, "content"), (files, "file"), (sum(kept.rows.values()), "row")]
    parts = [plural(count, what) for count, what in counted if count]
    if not parts:
        return "nothing is over its time"
    return f"{', '.join(parts)} {'removed' if done else 'would be removed'}"


def restored_view(file: Path, aside: Path | None) -> RenderableType:
    """What stands where after a restore."""
    lines = [Line(safe(f"Restored from {file}", "bold"))]
    if aside is not None:
        lines.append(Line(safe(f"The ledger that was there is now {aside}")))
    return Group(*lines)


def _lines(kept: Purged | Pruned, files: int, renamed: int, done: bool) -> Iterator[RenderableType]:
    rows = [(name, plural(count, "row")) for name, count in kept.rows.items()]
    rows.append(("contents of plans", f"{kept.plans:,} removed"))
    if isinstance(kept, Purged):
        rows.append(("cells of corrections", f"{kept.corrections:,} removed"))
        rows.append(("files of runs", f"{files:,} removed, {renamed:,} with the pseudonym"))
        title = f"Purged: {kept.pseudonym} stands for the person" if done else "Would be purged"
    else:
        rows.append(("files of runs", f"{files:,} removed"))
        title = "Pruned" if done else "Would be pruned"
    yield Line(safe(title, "bold"))
    yield Columns([(safe(name, "dim"), safe(text)) for name, text in rows])
    if isinstance(kept, Purged):
        if not done:
            yield Line(safe("Nothing was done; --yes does it, and it cannot be taken back."))
        left = "Backups, exports, the target and Prefect's database still name the person."
        yield Line(safe(left, "dim"))
