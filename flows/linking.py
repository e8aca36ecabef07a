"""Whose account it is when a person decides: `scimflow link` and `unlink`. Only the ledger changes.

What the planner leaves to a person (a reused address, a rehire under a new number, one row for two
accounts) is settled here. The exports and the target are read, so that a slip of the pen makes no
link to nobody: the next sync would take its account away, or make a second one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from data_contracts.columns import folded_texts
from data_contracts.errors import ConfigurationError, ScimflowError, TargetRefused
from data_contracts.frames import WORKER_KEY
from data_contracts.link_decision import LinkDecision, LinkedAccount
from data_contracts.scim.resource import look_up, read_boolean
from data_contracts.words import RunState
from flows.leasing import hold_target
from flows.pipeline import Preparation, check_sources
from flows.project import Project, find_token, utc_now
from flows.running import Run, begin_run
from flows.stages import PLAIN
from flows.telling import Teller
from tasks.ledger import open_ledger
from tasks.scim.answers import resource_id
from tasks.scim.client import ScimClient, open_client
from tasks.transform.people import derive


async def link(
    project: Project,
    person: str,
    account: str,
    *,
    by: str,
    note: str,
    taken_from: str | None,
    as_of: str | None,
    tell: Teller,
) -> LinkDecision:
    """Link a person to an account.

    Args:
        project: Settings and folder.
        person: Worker key, as the employment source has it.
        account: userName or SCIM id.
        by: Who decides.
        note: Why.
        taken_from: Worker key of who has the account until now; None for nobody.
        as_of: Day of the exports that the person is looked up in; today when None.
        tell: Told what is being done.

    Raises:
        ConfigurationError: Nobody has that key, there is no such account, it is protected or not
            `taken_from`'s, or the person has a link.
        BatchRefused: The exports cannot be used, so nobody's key can be looked up.
        LeaseHeld: A run works on the target.
    """
    await _require_known(project, person, as_of, tell)
    client = open_client(project.settings.target, find_token(project), folder=project.folder)
    tell(f"looking for the account at {project.settings.target.name}")
    async with client:
        found = await _find_account(client, account)
    _require_unprotected(project, found)
    who = f"worker {person} linked to account {found.account_id}"
    who += f", which was worker {taken_from}'s" if taken_from is not None else ""
    async with _recorded(project, "link", f"{who}, by {by}: {note}") as run:
        run.ledger.link(run.record.run_id, person, found, utc_now(), taken_from=taken_from)
        return LinkDecision(run.record.run_id, person, found.account_id, by, note, taken_from)


async def unlink(project: Project, person: str, *, by: str, note: str) -> LinkDecision:
    """Take a person's link away; the account is nobody's until it is correlated or linked anew.

    Args:
        project: Settings and folder.
        person: Worker key.
        by: Who decides.
        note: Why.

    Raises:
        ConfigurationError: The person has no link.
        LeaseHeld: A run works on the target.
    """
    async with _recorded(project, "unlink", f"worker {person} unlinked, by {by}: {note}") as run:
        account = run.ledger.unlink(run.record.run_id, person, utc_now())
        return LinkDecision(run.record.run_id, person, account, by, note)


@asynccontextmanager
async def _recorded(project: Project, name: str, message: str) -> AsyncIterator[Run]:
    """A run of the ledger around a decision, holding the target: no sync plans meanwhile."""
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        run = begin_run(project, ledger, name, project.as_of(None), None)
        state, told = RunState.FAILED, "interrupted"
        try:
            async with hold_target(run):
                yield run
            state, told = RunState.COMPLETED, message
        except ScimflowError as error:
            told = error.message
            raise
        finally:
            ledger.end_run(run.record.run_id, state=state, message=told, ended_at=utc_now())


async def _require_known(project: Project, person: str, day: str | None, tell: Teller) -> None:
    """Somebody who is in no export would be taken for a leaver by absence."""
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        preparation = Preparation(project, PLAIN, ledger, project.as_of(day), utc_now(), tell=tell)
        sources = await check_sources(preparation)
    sources.require_accepted()
    people = derive(sources.checked, project.settings, preparation.as_of).people
    if person in set(people.frame[WORKER_KEY]):
        return
    held = folded_texts([person]) & people.held_back.worker_keys
    raise ConfigurationError(
        f"the row of worker {person} is quarantined"
        if held
        else f"the exports have nobody with the worker key {person!r}",
        hint="correct the row first; `scimflow check` shows what is wrong with it"
        if held
        else "`scimflow explain PERSON` tells a worker key from a name or an address",
    )


async def _find_account(client: ScimClient, account: str) -> LinkedAccount:
    """The one account with this userName, else with this id."""
    users = await client.find_by_user_name(account)
    if len(users) > 1:
        ids = ", ".join(map(resource_id, users))
        raise ConfigurationError(
            f"several accounts have the userName {account!r}: {ids}", hint="name one by its id"
        )
    return _account(users[0] if users else await _by_id(client, account))


async def _by_id(client: ScimClient, account: str) -> dict[str, Any]:
    try:
        return (await client.get_user(account))[0]
    except TargetRefused as error:
        if error.status != 404:
            raise
        raise ConfigurationError(
            f"the target has no account with the userName or the id {account!r}",
            hint="give the account's userName, or its SCIM id",
        ) from None


def _account(user: dict[str, Any]) -> LinkedAccount:
    login, external_id = look_up(user, "userName"), look_up(user, "externalId")
    return LinkedAccount(
        account_id=resource_id(user),
        user_name="" if login is None else str(login),
        external_id=None if external_id is None else str(external_id),
        active=read_boolean(look_up(user, "active")) is not False,
    )


def _require_unprotected(project: Project, account: LinkedAccount) -> None:
    names = folded_texts(project.settings.target.protected)
    if names & folded_texts([account.account_id, account.user_name]):
        raise ConfigurationError(
            f"account {account.account_id} is protected (`target.protected`) and never managed",
            hint="take it out of `target.protected` if it is to be managed",
        )
