"""`scimflow ledger`: the audit trail itself, to be verified and kept."""

from cyclopts import App

_HERE = "flows.cli.ledger"

command = App(name="ledger", help="Verify the audit trail, and keep it: purge, prune, back up.")
command.command(f"{_HERE}.verify:verify", name="verify")
command.command(f"{_HERE}.purge:purge_person", name="purge")
command.command(f"{_HERE}.prune:prune_old", name="prune")
command.command(f"{_HERE}.backup:backup", name="backup")
command.command(f"{_HERE}.restore:restore_backup", name="restore")
