"""Whether a run's heavy steps go over blocks on a Dask cluster; nothing of it is imported else."""

from collections.abc import Iterator
from contextlib import contextmanager

from data_contracts.errors import ConfigurationError
from data_contracts.partitions import spreading
from flows.project import Project


@contextmanager
def spreading_as_set(project: Project) -> Iterator[None]:
    """Do the heavy steps where the settings say while the context lasts.

    Raises:
        ConfigurationError: The extra is not installed, or the cluster does not answer.
    """
    settings = project.settings.dask
    if settings is None:
        yield
        return
    try:
        from flows.dask_spread import dask_spread
    except ImportError as error:
        raise ConfigurationError(
            f"`dask` needs a package that is not installed ({error.name})",
            hint="pip install 'scimflow[dask]', or take `dask` out of the settings",
        ) from None
    with dask_spread(settings) as spread, spreading(spread):
        yield
