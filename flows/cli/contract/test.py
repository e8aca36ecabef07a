"""`scimflow contract test`: an export held against a contract, without settings."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.as_of import AsOf
from data_contracts.configuration import SourceSettings
from data_contracts.errors import EXIT_CONTRACT
from data_contracts.words import BatchVerdict
from flows.cli.console import print_json, results
from flows.cli.contract.show import Name
from flows.cli.options import AsJson, Day
from flows.project import utc_now
from tasks.extract.contracts import read_contract


def hold(
    name: Name,
    export: Annotated[Path, Parameter(help="The export.")],
    /,
    *,
    as_of: Day = None,
    json: AsJson = False,
) -> int:
    """Hold an export against a contract, as `check` does, without a scimflow.yaml.

    How old it may be is judged for today, or for the day of --as-of.

    Exit code 0 when it is accepted (with or without quarantined rows), 4 when it is refused.

    Examples:
        scimflow contract test bamboohr-report exports/hr-2026-03-02.csv

        scimflow contract test contracts/hr.odcs.yaml exports/hr.csv --json
    """
    from tasks.extract.exports import read_batch
    from tasks.report.documents import check_document
    from tasks.report.terminal import check_view
    from tasks.validate.check import check_batch

    contract = read_contract(name, Path())
    settings = SourceSettings(contract=name, path=export.name)
    folder = export.resolve().parent
    now = utc_now()
    judged_at = now if as_of is None else AsOf.parse(as_of).latest
    batch = read_batch("export", settings, contract, folder=folder, now=now)
    report = check_batch(batch, contract, as_of=judged_at).report
    if json:
        print_json(check_document((report,)))
    else:
        results().print(check_view((report,)))
    return EXIT_CONTRACT if report.verdict is BatchVerdict.REFUSED else 0
