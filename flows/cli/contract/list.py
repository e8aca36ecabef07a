"""`scimflow contract list`: the published contracts."""

from pathlib import Path

from flows.cli.console import print_json, results
from flows.cli.options import AsJson
from tasks.extract.contracts import list_published, read_contract
from tasks.report.blocks import as_view
from tasks.report.contract_page import contract_line, list_blocks


def list_contracts(*, json: AsJson = False) -> int:
    """List the published contracts: version, format, and whether everybody is in each export.

    Examples:
        scimflow contract list

        scimflow contract list --json
    """
    contracts = [read_contract(name, Path()) for name in list_published()]
    if json:
        print_json({"contracts": [contract_line(contract) for contract in contracts]})
    else:
        results().print(as_view(list_blocks(contracts)))
    return 0
