"""`dask`: the heavy steps over blocks of rows on a Dask cluster; without it they run in place."""

from typing import Annotated

from pydantic import Field, field_validator

from data_contracts.configuration.strict import Section
from data_contracts.configuration.urls import LOOPBACK_HOSTS


class DaskSettings(Section):
    """A Dask cluster for exports that one process cannot check; needs the extra `dask`."""

    scheduler: str | None = None
    """Address of a scheduler (`tls://scheduler:8786`): rows with personal values go there. tcp on
    loopback alone. Without it, processes of this machine."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes, without `scheduler`."""
    rows: Annotated[int, Field(ge=1)] = 50_000
    """Rows of a block: a few are under way at once, and count twice in memory meanwhile."""

    @field_validator("scheduler")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, _, rest = value.partition("://")
        host = rest.rpartition(":")[0].strip("[]")
        if not host or not (scheme == "tls" or (scheme == "tcp" and host in LOOPBACK_HOSTS)):
            raise ValueError("must be tls://HOST:PORT (tcp:// is allowed on loopback alone)")
        return value
