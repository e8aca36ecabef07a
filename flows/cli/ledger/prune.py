"""`scimflow ledger prune`: what is over its time goes."""

import getpass
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import ConfigurationError
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, DecidedBy
from flows.keeping import prune
from flows.project import open_project
from tasks.report.terminal_keeping import kept_document, kept_view


def prune_old(
    *,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Only count what would be removed.")
    ] = False,
    by: DecidedBy = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Remove what is over its time: `ledger.keep_values_days` and `ledger.keep_runs_days`.

    What explains access that somebody still has stays, and so do runs, approvals and the chain,
    which says what was removed.

    Examples:
        scimflow ledger prune --dry-run
    """
    project = open_project(config)
    if not project.settings.ledger.has_retention:
        raise ConfigurationError(
            "the settings keep everything for ever: nothing can be over its time",
            hint="set `ledger.keep_values_days` or `ledger.keep_runs_days`",
        )
    kept = prune(project, by=by or getpass.getuser(), dry=dry_run)
    if json:
        print_json(kept_document(kept.ledger, kept.files, kept.renamed, done=not dry_run))
    else:
        results().print(kept_view(kept.ledger, kept.files, kept.renamed, done=not dry_run))
    return 0
