"""The words with which the ledger's rows tell what happened."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an `operation_event` tells."""

    INTENT = "intent"  # about to be written at the target
    OUTCOME = "outcome"  # what became of it


class LinkState(StrEnum):
    """What scimflow last did with a linked account."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class LinkEventKind(StrEnum):
    """How an account link came to be or changed."""

    ADOPTED = "adopted"  # the account was there already
    CREATED = "created"
    REPLACED = "replaced"  # the person has another account now
    RENAMED = "renamed"  # another userName
    IDENTIFIED = "identified"  # another externalId
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    CONTESTED = "contested"  # the account is somebody else's: nothing was changed
    LINKED = "linked"  # a person said so
    UNLINKED = "unlinked"  # likewise
    HANDED_ON = "handed_on"  # the same person has another worker key now
