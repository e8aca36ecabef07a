"""`scimflow quarantine list`: which rows are set aside, and which corrections count."""

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.quarantine.options import Now, Run, Source
from flows.project import open_project
from flows.quarantined import find_quarantine, of_source
from tasks.ledger import open_ledger
from tasks.report.blocks import as_view


def list_rows(
    run: Run = None,
    /,
    *,
    source: Source = None,
    now: Now = False,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """List the rows that were set aside with their reasons, and the corrections that count.

    Shows lines, keys and reasons, and no cells.

    Examples:
        scimflow quarantine list

        scimflow quarantine list 20260304-060000-a1b2 --source hr

        scimflow quarantine list --now --json
    """
    from tasks.report.quarantine_pages import list_blocks, list_document

    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        found = find_quarantine(project, ledger, run, now=now, day=as_of)
        found = of_source(found, source, list(project.settings.sources))
        trail = ledger.correction_trail(project.settings.target.name)
    counting = [each for each in trail if each.counts and source in (None, each.source)]
    if json:
        print_json(list_document(found, counting))
    else:
        results().print(as_view(list_blocks(found, counting)))
    return 0
