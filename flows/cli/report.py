"""`scimflow report`: the monthly access report."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.monthly import month_of
from flows.private_output import write_private
from flows.project import open_project
from tasks.report.blocks import as_html, as_markdown, as_view
from tasks.report.month_page import month_blocks, month_document, title


def command(
    *,
    month: Annotated[str, Parameter(help="The month, as 2026-03.")],
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="Folder to write access-MONTH.html and .md into (0600); shown if not given.",
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Write the monthly access report: joiners, movers, leavers, time to deprovision, exceptions.

    As HTML (one file that loads and runs nothing) and as Markdown, with charts. Names keys, no
    values. From the ledger alone.

    Examples:
        scimflow report --month 2026-03 -o reports/
    """
    found = month_of(open_project(config), month)
    blocks = month_blocks(found)
    if output is not None:
        for ending, text in (("html", as_html(blocks, title(found))), ("md", as_markdown(blocks))):
            path = output / f"access-{found.first:%Y-%m}.{ending}"
            write_private(path, [text.encode()], "the report")
            if not json:
                results().print(Text(f"written: {path}"))
    if json:
        print_json(month_document(found))
    elif output is None:
        results().print(as_view(blocks))
    return 0
