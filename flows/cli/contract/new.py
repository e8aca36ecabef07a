"""`scimflow contract new`: a contract of one's own, extending a published one or drafted."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract
from data_contracts.odcs.extension_text import FILL_IN, extension_text
from flows.cli.console import errors
from tasks.extract.contracts import list_published, read_contract


def new(
    export: Annotated[Path | None, Parameter(help="An export at hand to fit it to.")] = None,
    /,
    *,
    extends: Annotated[
        str | None, Parameter(help="The published contract that it extends.")
    ] = None,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="File to write; else stdout.")
    ] = None,
    force: Annotated[bool, Parameter(negative="", help="Write over a file that is there.")] = False,
) -> int:
    """Write a contract of your own: one that extends a published one, or a draft from an export.

    With --extends and an export, what the export has otherwise is written down: headers that were
    renamed, columns that are gone, statuses that are new. What only you know is marked FILL IN, and
    refused until it is answered.

    Examples:
        scimflow contract new exports/hr.csv --extends bamboohr-report -o contracts/hr.odcs.yaml

        scimflow contract new exports/unknown.csv -o contracts/hr.odcs.yaml

        scimflow contract new --extends okta-users-json
    """
    if output is not None and output.exists() and not force:
        raise ConfigurationError(
            f"{output} is there already", hint="name another with --output, or use --force"
        )
    text = _write(export, extends)
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}") from None
    left = text.count(f": {FILL_IN}") + text.count(f"[{FILL_IN}]")
    console = errors()
    console.print(Text(f"written: {output}"))
    if left:
        console.print(Text(f"left to fill in: {left}, each marked {FILL_IN}"))
    console.print(Text(f"next: scimflow contract show {output}"))
    return 0


def _write(export: Path | None, extends: str | None) -> str:
    if extends is None:
        if export is None:
            raise ConfigurationError(
                "neither an export nor a contract to extend is given",
                hint="give an export at hand, `--extends NAME`, or both",
            )
        from tasks.extract.propose import propose_contract

        return propose_contract(export)
    if extends not in list_published():
        read_contract(extends, Path())  # an unknown name is told with the nearest one
        raise ConfigurationError(
            f"{extends} is no published contract, and only those are extended",
            hint=f"published are: {', '.join(list_published())}",
        )
    contract = read_contract(extends, Path())
    return extension_text(contract) if export is None else _fitted(export, contract)


def _fitted(export: Path, contract: ExportContract) -> str:
    """An extension that says what an export at hand has otherwise."""
    from flows.starting import fitted_text
    from tasks.extract.fitting import is_like
    from tasks.extract.sample import read_sample

    seen = read_sample(export).reader.format
    if not is_like(contract.reader.format, seen):
        raise ConfigurationError(
            f"{export} is {seen}, and {contract.name} is about {contract.reader.format}",
            hint="extend another contract, or draft one without --extends",
        )
    return fitted_text(export, contract, with_changes=True)
