"""Whether Prefect's server and the settings mean the same by a shared rate. Without Prefect."""

from data_contracts.configuration.target import SharedLimit
from data_contracts.errors import ConfigurationError


def wrong_with_limit(
    shared: SharedLimit, limit: int, slot_decay_per_s: float, active: bool
) -> ConfigurationError | None:
    """Hold the server's global concurrency limit against the settings.

    Args:
        shared: The settings.
        limit: Slots that it has.
        slot_decay_per_s: Slots that it lets go by itself.
        active: Whether it is switched on.

    Returns:
        What is wrong; None when two runs mean the same by a share.
    """
    wrong = []
    if limit != shared.shares:
        wrong.append(f"has {limit} slots, and `target.shared_limit.shares` is {shared.shares}")
    if slot_decay_per_s:
        wrong.append("lets its slots decay, so that it does not say how many are at work")
    if not active:
        wrong.append("is switched off")
    if not wrong:
        return None
    return ConfigurationError(
        f"the global concurrency limit {shared.name!r} on Prefect's server {', and '.join(wrong)}",
        hint=f"prefect gcl update {shared.name} --enable --limit {shared.shares} "
        "--slot-decay-per-second 0",
    )
