"""Which URLs settings may hold: nothing unencrypted beyond this machine, no secret inside."""

from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def safe_url(value: str, *, instead: str = "`target.auth`") -> str:
    """Check a URL of the settings.

    Args:
        value: As it was written.
        instead: Where a user and a password belong.

    Returns:
        The same URL.

    Raises:
        ValueError: It holds a user or a password, or is http:// to another machine; its text is
            not repeated.
    """
    parts = urlsplit(value)
    if parts.username or parts.password:
        raise ValueError(f"no user or password in a URL: use {instead}")
    local = parts.hostname in LOOPBACK_HOSTS
    schemes = ("https", "http") if local else ("https",)
    if not parts.hostname or parts.scheme not in schemes:
        raise ValueError("must be an https:// URL (http:// is allowed on loopback alone)")
    return value
