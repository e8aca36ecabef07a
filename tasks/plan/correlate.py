"""Which account belongs to which worker: by ledger link, externalId, userName, e-mail, in order.

An identity that is not certain stops here: several candidates, or one that belongs to somebody
else, become a finding for a person to decide, never a guess.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

import pandas as pd

from data_contracts.columns import folded, is_in, put, texts
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, CORRELATION, WORKER_KEY
from data_contracts.words import CorrelationKey, CorrelationOutcome, FindingSeverity, Presence

TELLING_NAMES = ("name.familyName", "name.formatted", "displayName")
"""Names of which one has to be known before two people count as one: many share a given name."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Who has which account.

    Attributes:
        frame: Frame `frames.CORRELATION`, one row for each desired user, in their order.
        position: Row of the account in the accounts frame, -1 for none; in the same order.
        gone: Mask over the same rows: linked to an account that the target no longer lists.
        claimed_by: By which key somebody employed claims the account that is this person's;
            missing where nobody does.
        claimed_alike: Mask of those whose account is claimed by somebody of the same name.
        findings: Identities that a person has to decide.
    """

    frame: pd.DataFrame
    position: pd.Series
    gone: pd.Series
    claimed_by: pd.Series
    claimed_alike: pd.Series
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _State:
    """What is known so far, by position of the desired user."""

    position: pd.Series
    key: pd.Series
    outcome: pd.Series
    taken: dict[int, str]
    moot: pd.Series
    """Leavers whose conflict nobody needs to decide: there is no access to take away."""
    claims: dict[str, str] = field(default_factory=dict)
    alike: set[str] = field(default_factory=set)


def correlate(desired: pd.DataFrame, accounts: pd.DataFrame, links: pd.DataFrame) -> Correlation:
    """Find each desired user's account.

    Args:
        desired: Frame `frames.DESIRED`, of everybody known, whatever their presence.
        accounts: Frame `frames.ACCOUNTS`.
        links: Frame `frames.LINKS`.

    Returns:
        The correlation. A match by userName or e-mail to an account that carries another
        externalId, or that is linked to somebody else, is CONFLICTING.
    """
    state, gone = _by_link(desired, accounts, links)
    for key, ours, theirs in identifiers(desired, accounts):
        _by_identifier(state, key, ours, theirs, desired, accounts)
    account = pd.Series(accounts[ACCOUNT_ID].to_numpy(), dtype="str").reindex(state.position)
    frame = pd.DataFrame(
        {
            WORKER_KEY: desired[WORKER_KEY],
            ACCOUNT_ID: account.set_axis(desired.index).astype("str"),
            "key": state.key,
            "outcome": state.outcome,
        }
    )
    return Correlation(
        frame=CORRELATION.check(frame),
        position=state.position,
        gone=gone,
        claimed_by=desired[WORKER_KEY].map(state.claims).astype("str"),
        claimed_alike=is_in(desired[WORKER_KEY], sorted(state.alike)),
        findings=_findings(state, desired),
    )


def _by_link(
    desired: pd.DataFrame, accounts: pd.DataFrame, links: pd.DataFrame
) -> tuple[_State, pd.Series]:
    linked = pd.Series(
        links[ACCOUNT_ID].to_numpy(), index=links[WORKER_KEY].to_numpy(), dtype="str"
    )
    where = pd.Series(range(len(accounts)), index=accounts[ACCOUNT_ID].to_numpy(), dtype="int64")
    account = desired[WORKER_KEY].map(linked)
    position = account.map(where).fillna(-1).astype("int64")
    found = position >= 0
    key = pd.Series(None, index=desired.index, dtype="str").mask(found, str(CorrelationKey.LINK))
    outcome = pd.Series(str(CorrelationOutcome.MISSING), index=desired.index, dtype="str")
    outcome = outcome.mask(found, str(CorrelationOutcome.LINKED))
    owners = links[ACCOUNT_ID].map(where)
    known = owners.notna()
    positions = owners[known].astype("int64").tolist()
    taken = dict(zip(positions, map(str, texts(links.loc[known, WORKER_KEY])), strict=True))
    moot = pd.Series(False, index=desired.index)
    return _State(position, key, outcome, taken, moot), account.notna() & ~found


def identifiers(
    desired: pd.DataFrame, accounts: pd.DataFrame
) -> list[tuple[CorrelationKey, pd.Series, pd.Series]]:
    """The identifiers of both sides in the form in which they are compared, strongest first."""
    emails = [c for c in map(str, desired.columns) if c.startswith("emails[")]
    email = next((c for c in emails if c.endswith(".value")), None)
    pairs = [
        (CorrelationKey.EXTERNAL_ID, "externalId", "external_id"),
        (CorrelationKey.USER_NAME, "userName", "user_name"),
        (CorrelationKey.EMAIL, email, "email"),
    ]
    result = []
    for key, ours, theirs in pairs:
        if ours is not None and ours in desired.columns:
            # an externalId is case-exact (RFC 7643 section 3.1)
            form = _stripped if key is CorrelationKey.EXTERNAL_ID else folded
            result.append((key, form(desired[ours]), form(accounts[theirs])))
    return result


def _stripped(column: pd.Series) -> pd.Series:
    plain = column.str.strip()
    return put(plain, plain == "", None)


def _by_identifier(
    state: _State,
    key: CorrelationKey,
    ours: pd.Series,
    theirs: pd.Series,
    desired: pd.DataFrame,
    accounts: pd.DataFrame,
) -> None:
    """Match whom no stronger identifier has settled."""
    asked = ours[(state.outcome == CorrelationOutcome.MISSING) & ours.notna()]
    asked = asked[is_in(asked, theirs)]
    if asked.empty:
        return
    where = pd.Series(theirs.index, index=theirs.to_numpy())
    where = where[where.index.notna()]
    several = is_in(asked, where.index[where.index.duplicated()])
    position = asked.map(where[~where.index.duplicated()]).astype("int64")
    shared = position.duplicated(keep=False) & ~several
    owner = position.map(state.taken)
    foreign = owner.notna() & (owner != desired.loc[asked.index, WORKER_KEY])
    employed = desired.loc[asked.index, "presence"] == Presence.PRESENT
    for claimant, worker in owner[foreign & employed & ~several].items():
        state.claims.setdefault(worker, str(key))
        if _have_the_same_name(desired, claimant, worker):
            state.alike.add(worker)
    leaver = desired.loc[asked.index, "presence"] == Presence.ABSENT
    inactive = ~accounts["active"].reindex(position).set_axis(position.index)
    state.moot.loc[asked.index] = leaver & (foreign | inactive)
    if key is not CorrelationKey.EXTERNAL_ID:
        foreign = foreign | _carries_another_id(key, position, desired, accounts)
    outcome = pd.Series(str(CorrelationOutcome.MATCHED), index=asked.index, dtype="str")
    outcome = outcome.mask(several | shared, str(CorrelationOutcome.AMBIGUOUS))
    outcome = outcome.mask(foreign & ~several, str(CorrelationOutcome.CONFLICTING))
    state.outcome.loc[asked.index] = outcome
    state.key.loc[asked.index] = str(key)
    matched = outcome == CorrelationOutcome.MATCHED
    state.position.loc[asked.index[matched]] = position[matched]
    keys = map(str, texts(desired.loc[asked.index[matched], WORKER_KEY]))
    state.taken.update(zip(position[matched].tolist(), keys, strict=True))


def _have_the_same_name(desired: pd.DataFrame, claimant: Hashable, worker: str) -> bool:
    """Whether two people's mapped names are the same; a given name alone says too little."""
    columns = [c for c in map(str, desired.columns) if c.startswith("name.") or c == "displayName"]
    other = desired.index[desired[WORKER_KEY] == worker]
    if not columns or other.empty:
        return False
    pair = desired.loc[[claimant, other[0]], columns].apply(folded)
    known = pair.notna().all()
    telling = any(known.get(column, False) for column in TELLING_NAMES)
    return bool(telling and (pair.iloc[0] == pair.iloc[1])[known].all())


def _carries_another_id(
    key: CorrelationKey, position: pd.Series, desired: pd.DataFrame, accounts: pd.DataFrame
) -> pd.Series:
    """Whether the candidate account holds an externalId that is not this person's.

    A match by e-mail alone needs the same externalId, or an account without one. By userName, a
    person of whom we know no externalId may have an account that another tool has given one.
    """
    theirs = _stripped(accounts["external_id"].reindex(position).set_axis(position.index))
    if "externalId" in desired.columns:
        ours = _stripped(desired.loc[position.index, "externalId"])
    else:
        ours = pd.Series(None, index=position.index, dtype="str")
    differs = theirs.notna() & (theirs != ours)
    if key is CorrelationKey.USER_NAME:
        differs = differs & ours.notna()
    mask: pd.Series = differs.astype(bool)
    return mask


def _findings(state: _State, desired: pd.DataFrame) -> tuple[Finding, ...]:
    texts = {
        CorrelationOutcome.AMBIGUOUS: (
            "account-ambiguous",
            "several accounts or several people share this person's {key}",
        ),
        CorrelationOutcome.CONFLICTING: (
            "account-conflict",
            "the account with this person's {key} belongs to somebody else",
        ),
    }
    findings = []
    for outcome, (code, message) in texts.items():
        chosen = state.outcome == outcome
        if outcome is CorrelationOutcome.CONFLICTING:
            chosen &= ~state.moot
        for worker, key in zip(desired.loc[chosen, WORKER_KEY], state.key[chosen], strict=True):
            findings.append(
                Finding(
                    code=code,
                    severity=FindingSeverity.CRITICAL,
                    subject=str(worker),
                    message=message.format(key=key),
                    hint="decide whose account it is: `scimflow link PERSON ACCOUNT`, or correct "
                    "the source or the account; until then nothing is done for this person",
                )
            )
    return tuple(findings)
