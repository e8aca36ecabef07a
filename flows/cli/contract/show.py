"""`scimflow contract show`: one contract, for people and for programs."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract
from flows.cli.console import print_json, results
from flows.cli.contract import refuse_several
from flows.cli.options import AsJson
from tasks.extract.contracts import read_contract
from tasks.report.blocks import as_html, as_markdown, as_view
from tasks.report.contract_page import contract_blocks, contract_document

Name = Annotated[
    str, Parameter(help="Name of a published contract, or path of a contract file (.yaml).")
]
Flag = Annotated[bool, Parameter(negative="")]


def show(
    name: Name,
    /,
    *,
    json: AsJson = False,
    markdown: Annotated[
        bool, Parameter(negative="", help="Write the documentation page as Markdown.")
    ] = False,
    html: Annotated[
        bool, Parameter(negative="", help="Write the page as one HTML file that loads nothing.")
    ] = False,
    json_schema: Annotated[
        bool, Parameter(negative="", help="Write the JSON Schema of a row.")
    ] = False,
    sample: Annotated[
        bool, Parameter(negative="", help="Write a sample export: the header and a made-up row.")
    ] = False,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="File to write to; else stdout.")
    ] = None,
) -> int:
    """Show a contract: columns and what they mean, rules, statuses, how the file is read.

    Everything is derived from the contract, that which it extends included. A sample goes to a file
    in the contract's encoding, and to stdout as text.

    Examples:
        scimflow contract show bamboohr-report

        scimflow contract show contracts/hr.odcs.yaml --html -o hr.html

        scimflow contract show generic-hr --sample -o hr.csv
    """
    flags = {
        "--json": json,
        "--markdown": markdown,
        "--html": html,
        "--json-schema": json_schema,
        "--sample": sample,
    }
    refuse_several(flags)
    contract = read_contract(name, Path())
    chosen = next((flag for flag, given in flags.items() if given), "")
    if output is not None:
        _save(output, _bytes(contract, chosen))
    elif chosen in _DOCUMENTS:
        print_json(_DOCUMENTS[chosen](contract))
    elif chosen:
        sys.stdout.write(_TEXTS[chosen](contract))
    else:
        results().print(as_view(contract_blocks(contract)))
    return 0


def _row_schema(contract: ExportContract) -> dict[str, Any]:
    from tasks.report.row_schema import row_schema

    return row_schema(contract)


def _sample(contract: ExportContract) -> str:
    from tasks.report.sample_export import sample_export

    return sample_export(contract)


_DOCUMENTS: dict[str, Callable[[ExportContract], dict[str, Any]]] = {
    "--json": contract_document,
    "--json-schema": _row_schema,
}
_TEXTS: dict[str, Callable[[ExportContract], str]] = {
    "--markdown": lambda contract: as_markdown(contract_blocks(contract)),
    "--html": lambda c: as_html(contract_blocks(c), f"{c.name} {c.version}"),
    "--sample": _sample,
}


def _bytes(contract: ExportContract, chosen: str) -> bytes:
    """What goes to a file; the Markdown page when nothing else is asked for."""
    import json

    if chosen == "--sample":
        from tasks.report.sample_export import sample_bytes

        return sample_bytes(contract)
    if chosen in _DOCUMENTS:
        text = json.dumps(_DOCUMENTS[chosen](contract), indent=2, ensure_ascii=False)
        return f"{text}\n".encode()
    return _TEXTS[chosen or "--markdown"](contract).encode()


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and that you may write to",
        ) from None
