"""`scimflow quarantine`: rows that were set aside, to look at, to give away, to take back."""

from cyclopts import App

_HERE = "flows.cli.quarantine"

command = App(name="quarantine", help="List, show, export and replay rows that were set aside.")
command.command(f"{_HERE}.list:list_rows", name="list")
command.command(f"{_HERE}.show:show", name="show")
command.command(f"{_HERE}.export:export", name="export")
command.command(f"{_HERE}.replay:replay_file", name="replay")
command.command(f"{_HERE}.withdraw:withdraw", name="withdraw")
