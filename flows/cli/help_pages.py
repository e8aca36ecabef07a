"""`--help` of one command: its docstring as a page, with the examples at the end."""

import inspect
import re

from cyclopts import App

EXAMPLES = "Examples:"
LINE_ENDS = re.compile(r"(?<!\n)\n(?!\n)")


def complete_help(command: App) -> None:
    """Show a command's whole docstring; cyclopts leaves its examples out.

    Args:
        command: The command, imported; those below it are completed too.
    """
    flags = {*command.help_flags, *command.version_flags}
    for name in command:
        if name not in flags:
            complete_help(command[name])
    documented = command.default_command and command.default_command.__doc__
    if not documented:
        return
    text, _, examples = inspect.cleandoc(documented).partition(f"\n{EXAMPLES}\n")
    # line ends within a paragraph would stay where the source has them, on any width
    command.help = LINE_ENDS.sub(" ", text.strip())
    if examples:
        command.help_epilogue = f"{EXAMPLES}\n{examples.rstrip()}\n"
