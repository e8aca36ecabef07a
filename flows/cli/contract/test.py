"""`scimflow contract test`: an export held against a contract, without settings."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.configuration import SourceSettings
from data_contracts.errors import EXIT_CONTRACT
from data_contracts.words import BatchVerdict
from flows.cli.console import print_json, results
from flows.cli.contract.show import Name
from flows.cli.options import AsJson
from flows.project import utc_now
from tasks.extract.contracts import read_contract


def hold(
    name: Name,
    export: Annotated[Path, Parameter(help="The export.")],
    /,
    *,
    json: AsJson = False,
) -> int:
    """Hold an export against a contract, as `check` does, without a scimflow.yaml.

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
    batch = read_batch("export", settings, contract, folder=folder, now=utc_now())
    report = check_batch(batch, contract).report
    if json:
        print_json(check_document((report,)))
    else:
        results().print(check_view((report,)))
    return EXIT_CONTRACT if report.verdict is BatchVerdict.REFUSED else 0
