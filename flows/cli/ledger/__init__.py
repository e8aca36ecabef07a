"""`scimflow ledger`: the audit trail itself, to be verified and kept."""

from cyclopts import App

_HERE = "flows.cli.ledger"

command = App(name="ledger", help="Verify the audit trail, and keep it: purge, prune, back up.")
command.command(f"{_HERE}.verify:verify", name="verify")
