"""`scimflow init`: settings from an export at hand."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.prompt import Prompt
from rich.text import Text

from data_contracts.configuration import load_configuration
from data_contracts.errors import ConfigurationError
from flows.cli.console import errors, results
from flows.starting import describe, source_from
from tasks.report.starter import PRODUCTBOARD_URL, Starter, left_to_fill_in, starter_settings

DEFAULT_TOKEN_VARIABLE = "SCIMFLOW_TOKEN"


def command(
    *,
    from_: Annotated[
        Path | None,
        Parameter(
            name="--from",
            help="The HR export at hand, or a system to ask (okta, bamboohr ...); asked for if not "
            "given.",
        ),
    ] = None,
    idp: Annotated[
        Path | None,
        Parameter(help="The IdP export that belongs to it, or such a system, if there is one."),
    ] = None,
    contract: Annotated[
        str | None, Parameter(help="Contract of the HR export; recognised when not given.")
    ] = None,
    idp_contract: Annotated[
        str | None, Parameter(help="Contract of the IdP export; recognised when not given.")
    ] = None,
    target: Annotated[
        str | None, Parameter(help="`productboard`, or the base URL of a SCIM service.")
    ] = None,
    token_env: Annotated[
        str, Parameter(help="Environment variable that holds the target's token.")
    ] = DEFAULT_TOKEN_VARIABLE,
    time_zone: Annotated[
        str | None, Parameter(help="Zone in which days begin and end, as Europe/Zurich.")
    ] = None,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="File to write.")] = Path(
        "scimflow.yaml"
    ),
    force: Annotated[bool, Parameter(negative="", help="Write over a file that is there.")] = False,
) -> int:
    """Write a commented scimflow.yaml from an export at hand, and say what is left to fill in.

    Recognises the export by its header; an unknown one gets a contract of its own to complete,
    beside the settings. On a terminal it asks for what is not given.

    Examples:
        scimflow init

        scimflow init --from exports/hr.csv --idp exports/okta.csv

        scimflow init --from bamboohr --idp microsoft-graph
    """
    if output.exists() and not force:
        raise ConfigurationError(
            f"{output} is there already", hint="name another with --output, or use --force"
        )
    export = from_ or Path(_ask("HR export (CSV, Excel, JSON, XML, LDIF or Parquet)", "--from"))
    base_url = target or _ask("Target", "--target", "productboard")
    zone = time_zone or _ask("Time zone of the company", "--time-zone", "UTC")
    folder = output.parent
    employment = source_from("hr", export, contract, folder)
    login = source_from("idp", idp, idp_contract, folder) if idp else None
    named = base_url == "productboard"
    starter = Starter(
        employment=employment.source,
        login=login.source if login else None,
        target_name="productboard" if named else "target",
        base_url=PRODUCTBOARD_URL if named else base_url,
        token_env=token_env,
        time_zone=zone,
    )
    text = starter_settings(starter)
    load_configuration(text, origin=str(output))
    folder.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    console = results()
    for found in filter(None, (employment, login)):
        console.print(Text(describe(found)))
    console.print(Text(f"\nwritten: {output}\nleft to fill in:"))
    theirs = login.left if login else ()
    for left in (
        *employment.left,
        *theirs,
        *left_to_fill_in(starter, bool(os.environ.get(token_env))),
    ):
        console.print(Text(f"  - {left}"))
    console.print(Text("\nnext: scimflow doctor, then scimflow check"))
    return 0


def _ask(question: str, flag: str, default: str | None = None) -> str:
    """Ask on a terminal; elsewhere the default stands, or the flag is needed."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        if default is None:
            return Prompt.ask(question, console=errors())
        return Prompt.ask(question, console=errors(), default=default)
    if default is None:
        raise ConfigurationError(f"{question} is not given", hint=f"use {flag}")
    return default
