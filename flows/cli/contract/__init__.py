"""`scimflow contract`: the data contracts of exports, and what is derived from them."""

from cyclopts import App

from data_contracts.errors import ConfigurationError

_HERE = "flows.cli.contract"

command = App(name="contract", help="List, show, test, draft and compare contracts of exports.")
command.command(f"{_HERE}.list:list_contracts", name="list")
command.command(f"{_HERE}.show:show", name="show")
command.command(f"{_HERE}.test:hold", name="test")
command.command(f"{_HERE}.new:new", name="new")
command.command(f"{_HERE}.diff:diff", name="diff")


def refuse_several(flags: dict[str, bool]) -> None:
    """Stop when more than one way of writing is asked for.

    Raises:
        ConfigurationError: Names those that were given.
    """
    given = [name for name, chosen in flags.items() if chosen]
    if len(given) > 1:
        raise ConfigurationError(
            f"{' and '.join(given)} cannot go together", hint="ask for one of them at a time"
        )
