"""The command line. Each command is imported when it is called, so that `--help` stays quick."""

import gc
import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from data_contracts.errors import (
    DEBUG_VARIABLE,
    EXIT_OTHER,
    EXIT_USAGE,
    InternalError,
    ScimflowError,
)

INTERRUPTED = 130  # what shells give for Ctrl-C (128 + SIGINT)

NEW_OBJECTS = 10_000
"""Objects made between two searches for reference cycles. What imports make stays, and to search it
after every 700, as Python does, is an eighth of the time that `scimflow plan` takes."""

COMMANDS = {
    "init": "Write a commented scimflow.yaml from an export at hand.",
    "check": "Hold exports against their data contracts; touches no target.",
    "plan": "Show what would be done to whom and why; writes nothing.",
    "sync": "Bring the target in step, as a Prefect flow run.",
    "provision": "Bring one person's account in step, now.",
    "backfill": "Replay dated exports in order, each with its own as-of date.",
    "retry": "Try again now what earlier runs did not bring about.",
    "apply": "Carry out exactly one saved plan.",
    "approve": "Release a held plan.",
    "reject": "Say no to a held plan.",
    "link": "Say whose account it is, where that needs a person.",
    "unlink": "Take back whose account it is.",
    "quarantine": "List, show, export and replay rows that were set aside.",
    "findings": "Tell what a person should know or decide.",
    "drift": "Show where the target differs from what is desired.",
    "explain": "Tell why a person has what they have, over all runs.",
    "history": "Tell what was done, when, by which run, why, with which result.",
    "access": "Tell who had access from when to when, because of what.",
    "report": "Write the monthly access report.",
    "ledger": "Verify the audit trail, and keep it.",
    "contract": "List, show, test, draft and compare contracts of exports.",
    "deploy": "Tell a Prefect server what to run, and when.",
    "serve": "Run what is due on this machine, until Ctrl-C.",
    "doctor": "Look whether everything needed is well.",
    "config": "Show the settings, or their JSON Schema.",
}
"""The commands, in the order in which a newcomer meets them, with the first line of their help."""

SANDBOX = "Run the embedded SCIM target on loopback, for trying things out."

HELP = """Keep a SaaS workspace's members in step with the people a company really employs.

Exit codes:
   0  in line, or done
   2  changes, drift, a critical finding or a breaking difference: found by only reading
   3  held or refused by a guardrail, or a plan that is stale
   4  an export is refused by its contract
   5  partly applied: some people's changes failed, the others are done
  64  wrong usage or settings
   1  anything else
"""


def _app(called: str | None) -> App:
    """The command line, with the whole help of the command that is called."""
    app = App(
        name="scimflow",
        help=HELP,
        version="0.1.0",
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    # The sandbox by its name alone: it stands above the flows and shares nothing with them.
    places = {name: f"flows.cli.{name}:command" for name in COMMANDS}
    places["sandbox"] = "deployments.sandbox.cli:app"
    for number, (name, text) in enumerate({**COMMANDS, "sandbox": SANDBOX}.items()):
        known = None if name == called else text  # else it is imported for its own words
        app.command(places[name], name=name, help=known, sort_key=number)
    if called in COMMANDS:
        from flows.cli.help_pages import complete_help

        complete_help(app[called])
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: What stands behind `scimflow` on the command line.

    Returns:
        The exit code. Errors that a user can cause are written to stderr, without a traceback.
    """
    words = list(arguments)
    try:
        app = _app(next((word for word in words if not word.startswith("-")), None))
        result = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        return _report_usage(error)
    except ScimflowError as error:
        return _report(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OTHER
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _report(InternalError.of(error))


def main() -> None:
    """Entry point of the `scimflow` command."""
    gc.set_threshold(NEW_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a name in letters that a terminal does not know must not end a run
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    if (setting := sys.modules.get("flows.prefect_setting")) and setting.server_was_left():
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)  # Prefect's client would wait for its server for minutes
    sys.exit(code)


def _report(error: ScimflowError) -> int:
    from flows.cli.console import errors
    from tasks.report.terminal import error_view

    errors().print(error_view(error))
    return error.exit_code


def _report_usage(error: CycloptsError) -> int:
    from rich.text import Text

    from flows.cli.console import errors

    command = " ".join(("scimflow", *(error.command_chain or ())))
    errors().print(Text(f"{command}: {error}"))
    errors().print(Text(f"try: {command} --help"))
    return EXIT_USAGE
