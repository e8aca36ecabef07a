"""Blocks of rows on a Dask cluster, through prefect-dask: for exports beyond one process's memory.

The cluster is Prefect's task runner's: one that is there (its scheduler's address), or processes of
this machine. Blocks go out a few at a time, so that this process never holds them all twice.
"""

import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pandas as pd
from prefect_dask.task_runners import DaskTaskRunner

from data_contracts.configuration.dask import DaskSettings
from data_contracts.errors import ConfigurationError, ScimflowError

R = TypeVar("R")

AHEAD = 2
"""Blocks under way for each thread of the cluster: one at work, one on its way."""

CONNECT_S = 10.0
"""A scheduler is a process that waits for this; a slow one is a walled-off one."""


class DaskSpread:
    """Does work over blocks on a cluster.

    Args:
        client: Of the cluster.
        rows: Rows of a block.
    """

    def __init__(self, client: Any, rows: int) -> None:
        self._client = client
        self._rows = rows

    @property
    def rows(self) -> int:
        """Rows of a block."""
        return self._rows

    def over(self, work: Callable[[pd.DataFrame], R], blocks: Iterable[pd.DataFrame]) -> list[R]:
        """Do the work for each block; results in the blocks' order.

        Raises:
            ScimflowError: What the work raises; or the cluster has lost a block for good.
        """
        ahead = AHEAD * max(1, sum(self._client.nthreads().values()))
        under_way: deque[Any] = deque()
        done: list[R] = []
        for block in blocks:
            if len(under_way) >= ahead:
                done.append(_result(under_way.popleft()))
            # scattered, since what stands in a call goes through the scheduler, too
            there = self._client.scatter(block, hash=False)
            under_way.append(self._client.submit(work, there, pure=False))
            del there
        while under_way:
            done.append(_result(under_way.popleft()))
        return done


def _result(future: Any) -> Any:
    from distributed import KilledWorker, TimeoutError
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except (KilledWorker, FutureCancelledError, TimeoutError) as error:
        raise ScimflowError(
            f"the Dask cluster lost a block of rows ({type(error).__name__})",
            hint="give its workers more memory, or make `dask.rows` smaller",
        ) from None


@contextmanager
def dask_spread(settings: DaskSettings) -> Iterator[DaskSpread]:
    """A cluster as the settings have it.

    Raises:
        ConfigurationError: Its scheduler does not answer.
    """
    if settings.scheduler is not None:
        _reach(settings.scheduler)
        runner = DaskTaskRunner(
            address=settings.scheduler, client_kwargs={"timeout": f"{CONNECT_S}s"}
        )
    else:
        runner = DaskTaskRunner(
            cluster_kwargs={
                "n_workers": settings.workers,
                "threads_per_worker": 1,  # what runs is Python, which one thread at a time does
                "dashboard_address": None,  # a page of its own, open to everybody on the machine
                "host": "127.0.0.1",
            }
        )
    with runner:
        yield DaskSpread(runner.client, settings.rows)


def _reach(scheduler: str) -> None:
    """Ask whether anybody listens there: Dask's own client waits, and tells in many lines.

    Raises:
        ConfigurationError: Nobody does.
    """
    host, _, port = scheduler.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"no Dask scheduler answers at dask.scheduler ({type(error).__name__})",
            hint="start one (`dask scheduler`), or take `scheduler` out: processes of this "
            "machine are used then",
        ) from None
