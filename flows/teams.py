"""Which teams a run has to look into: those that are managed, wanted, or left in the middle."""

from data_contracts.columns import texts
from data_contracts.configuration import TeamRules
from data_contracts.teams import TEAM_KEY, DesiredTeams, TeamsWanted, folded_name
from tasks.ledger import LedgerReader


def teams_wanted(
    ledger: LedgerReader, target: str, desired: DesiredTeams, rules: TeamRules
) -> TeamsWanted:
    """Say which teams' members have to be known.

    Args:
        ledger: Is only read.
        target: Name of the target.
        desired: Who should be in which team.
        rules: `teams` of the settings.
    """
    keys = frozenset(map(str, texts(desired.memberships[TEAM_KEY].drop_duplicates())))
    open_ids = (intent.account_id for intent in ledger.open_team_intents(target))
    return TeamsWanted(
        ids=frozenset(
            [
                *(link.team_id for link in ledger.team_links(target)),
                *(team_id for team_id in open_ids if team_id is not None),
            ]
        ),
        names=frozenset(folded_name(rules.name_of(key)) for key in keys),
        external_ids=keys,
    )
