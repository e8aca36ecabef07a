"""Leavers who are still active some time after their last day: an agreement that is not kept."""

from datetime import datetime, timedelta

from data_contracts.active_leaver import ActiveLeaver
from data_contracts.as_of import AsOf
from data_contracts.columns import folded, folded_texts, is_in
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.outcome import LoadReport
from data_contracts.words import Authority, OperationKind
from flows.pipeline import Prepared
from flows.running import Run
from tasks.transform.lifecycle import ended_employments


def note_leavers(run: Run, prepared: Prepared, as_of: AsOf) -> None:
    """Keep for the end of the run which leavers' accounts were active as it began.

    Accounts that the settings protect are nobody's to deactivate, and are left out.
    """
    if as_of.moment is None:
        return  # of a day that was asked for nothing is overdue now
    settings = run.project.settings
    employment = next(
        name for name, s in settings.sources.items() if s.authority is Authority.EMPLOYMENT
    )
    checked, contract = prepared.sources.checked[employment]
    ended = ended_employments(checked.accepted, contract, settings.lifecycle, as_of)
    accounts = prepared.snapshot.accounts
    names = folded(accounts["user_name"])
    protected = is_in(names, sorted(folded_texts(settings.target.protected)))
    protected |= is_in(accounts[ACCOUNT_ID], settings.target.protected)
    active = accounts.loc[accounts["active"] & ~protected, [ACCOUNT_ID]]
    links = run.ledger.links(run.record.target)
    managed = links.merge(active, on=ACCOUNT_ID)
    found = managed.loc[managed[WORKER_KEY].isin(ended.index), WORKER_KEY]
    run.active_leavers = tuple(
        ActiveLeaver(str(key), ended.loc[key].to_pydatetime()) for key in sorted(found)
    )


def overdue(run: Run, now: datetime) -> tuple[ActiveLeaver, ...]:
    """Who is still active after the run, and has been for longer than the settings allow.

    Args:
        run: Ended.
        now: The present moment, aware.
    """
    allowed = timedelta(hours=run.project.settings.notifications.leaver_overdue_h)
    gone = _deactivated(run.load)
    return tuple(
        leaver
        for leaver in run.active_leavers
        if leaver.worker_key not in gone and now - leaver.ended_at > allowed
    )


def _deactivated(load: LoadReport | None) -> frozenset[str]:
    outcomes = () if load is None else load.outcomes
    return frozenset(
        o.worker_key for o in outcomes if o.kind is OperationKind.DEACTIVATE and o.succeeded
    )
