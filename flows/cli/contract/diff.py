"""`scimflow contract diff`: two contracts compared."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CHANGES
from flows.cli.console import print_json, results
from flows.cli.contract import refuse_several
from flows.cli.options import AsJson
from tasks.extract.contracts import read_contract
from tasks.report.blocks import as_markdown, as_view
from tasks.report.contract_page import diff_blocks, diff_document


def diff(
    old: Annotated[str, Parameter(help="What exports keep today: a name, or a file.")],
    new: Annotated[str, Parameter(help="What they shall keep: a name, or a file.")],
    /,
    *,
    json: AsJson = False,
    markdown: Annotated[bool, Parameter(negative="", help="Write the page as Markdown.")] = False,
) -> int:
    """Tell what differs between two contracts, and which differences are breaking.

    Breaking is what may refuse an export, set rows aside, or give a value another meaning, although
    the export is written as before. Exit code 2 when something is, 0 otherwise.

    Examples:
        scimflow contract diff bamboohr-report contracts/hr.odcs.yaml

        scimflow contract diff contracts/hr-1.odcs.yaml contracts/hr-2.odcs.yaml --json
    """
    import sys

    from tasks.validate.compare_contracts import compare_contracts

    refuse_several({"--json": json, "--markdown": markdown})
    before, after = read_contract(old, Path()), read_contract(new, Path())
    changes = compare_contracts(before, after)
    if json:
        print_json(diff_document(before, after, changes))
    elif markdown:
        sys.stdout.write(as_markdown(diff_blocks(before, after, changes)))
    else:
        results().print(as_view(diff_blocks(before, after, changes)))
    return EXIT_CHANGES if any(change.breaking for change in changes) else 0
