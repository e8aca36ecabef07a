"""`scimflow check`: contracts alone."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CONTRACT, ConfigurationError
from data_contracts.words import BatchVerdict
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.progress import telling
from flows.cli.reading import read_sources
from flows.private_output import write_private
from flows.project import open_project
from tasks.report.check_page import check_html
from tasks.report.documents import check_document
from tasks.report.markdown import check_markdown
from tasks.report.terminal import check_view


def command(
    source: Annotated[str | None, Parameter(help="One source; all when not given.")] = None,
    /,
    *,
    config: Config = DEFAULT_CONFIG,
    as_of: Day = None,
    json: AsJson = False,
    html: Annotated[
        Path | None, Parameter(help="Write the page as one HTML file that loads nothing.")
    ] = None,
    markdown: Annotated[Path | None, Parameter(help="Write the page as Markdown.")] = None,
) -> int:
    """Hold exports against their data contracts: verdict, and quarantined rows with reasons.

    Touches no target, and writes nothing but the pages that are asked for: rules, counts, lines and
    keys, no other cell of anybody. Exit code 0 when every batch is accepted (with or without
    quarantined rows), 4 when one is refused.

    Examples:
        scimflow check

        scimflow check hr --json

        scimflow check --as-of 2026-03-02

        scimflow check hr --html hr-check.html
    """
    known = open_project(config).settings.sources
    if source is not None and source not in known:
        raise ConfigurationError(
            f"there is no source {source!r}", hint=f"the settings name {', '.join(known)}"
        )
    with telling(lines=False, quiet=json) as tell:
        _, sources = asyncio.run(read_sources(config, as_of, tell, source))
    for path, text in ((html, check_html), (markdown, check_markdown)):
        if path is not None:
            write_private(path, [text(sources.reports).encode()], "the page")
    if json:
        print_json(check_document(sources.reports))
    else:
        results().print(check_view(sources.reports))
    refused = any(r.verdict is BatchVerdict.REFUSED for r in sources.reports)
    return EXIT_CONTRACT if refused else 0
