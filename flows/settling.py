"""A run's first duty: to find out what became of the writes that an earlier run left open."""

from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import TeamSnapshot
from flows.project import utc_now
from flows.running import Run
from flows.telling import tell
from tasks.load.settle import Meant, settle_intents
from tasks.load.settle_teams import MeantTeams, TeamsNow, settle_team_intents


def settle_open_intents(run: Run, snapshot: TargetSnapshot) -> None:
    """Write an outcome for each open intent that the target's accounts can tell about.

    Args:
        run: Holds the target's lease.
        snapshot: The accounts as they are now.
    """
    intents = run.ledger.open_intents(run.record.target)
    if not intents:
        return
    tell(f"settling {len(intents)} writes that an earlier run left without an outcome")
    plans: dict[str | None, Meant] = {None: {}}
    for digest in {intent.plan_digest for intent in intents} - {None}:
        plan = run.ledger.plan(str(digest))
        plans[digest] = {o.operation_id: o for o in plan.operations} if plan else {}
    extensions = run.project.settings.target.extensions
    known = [(intent, plans[intent.plan_digest]) for intent in intents]
    links = run.ledger.links(run.record.target)
    account_of = dict(zip(links[WORKER_KEY], links[ACCOUNT_ID], strict=True))
    for intent, outcome in settle_intents(known, snapshot, extensions, account_of):
        run.ledger.settle(run.record.run_id, intent, outcome, utc_now())


def settle_open_team_intents(run: Run, snapshot: TeamSnapshot) -> None:
    """Write an outcome for each open intent that the target's teams can tell about.

    Args:
        run: Holds the target's lease; open intents about accounts are settled.
        snapshot: The teams as they are now.
    """
    target = run.record.target
    intents = run.ledger.open_team_intents(target)
    if not intents or snapshot.unreadable:
        return
    tell(f"settling {len(intents)} writes to teams that an earlier run left without an outcome")
    plans: dict[str | None, MeantTeams] = {None: {}}
    for digest in {intent.plan_digest for intent in intents} - {None}:
        plan = run.ledger.plan(str(digest))
        plans[digest] = {o.operation_id: o for o in plan.team_operations} if plan else {}
    links = run.ledger.links(target)
    accounts = {str(w): str(a) for w, a in zip(links[WORKER_KEY], links[ACCOUNT_ID], strict=True)}
    now = TeamsNow(snapshot, run.ledger.team_links(target), accounts)
    known = [(intent, plans[intent.plan_digest]) for intent in intents]
    for intent, outcome in settle_team_intents(known, now):
        run.ledger.settle(run.record.run_id, intent, outcome, utc_now())
