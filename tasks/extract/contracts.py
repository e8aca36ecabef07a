"""Contracts by name: the published ones, and those of one's own by path."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract
from data_contracts.odcs import parse_contract

ENDING = ".odcs.yaml"
_FILE_ENDINGS = (".yaml", ".yml")


def read_contract(name_or_path: str, folder: Path) -> ExportContract:
    """Read a contract.

    Args:
        name_or_path: Name of a published contract (`bamboohr-report`), or the path of a contract
            file (with a slash, or ending in .yaml).
        folder: What a relative path starts from.

    Raises:
        ConfigurationError: No such contract; names the nearest.
        ContractFileError: The contract file is wrong, with every problem and its line.
    """
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(_FILE_ENDINGS):
        path = folder / name_or_path
        return parse_contract(_read_text(path), origin=str(path), published=_PublishedTexts())
    return _published(name_or_path)


def list_published() -> tuple[str, ...]:
    """The names of the published contracts, in order."""
    names = [entry.name for entry in files("data_contracts").joinpath("published").iterdir()]
    return tuple(sorted(n.removesuffix(ENDING) for n in names if n.endswith(ENDING)))


@cache
def _published(name: str) -> ExportContract:
    known = list_published()
    if name not in known:
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        near = f"; did you mean {close[0]!r}?" if close else ""
        raise ConfigurationError(
            f"no published contract is called {name!r}{near}",
            hint=f"published are: {', '.join(known)}; or give the path of a file of your own",
        )
    return parse_contract(published_text(name), origin=name + ENDING)


def published_text(name: str) -> str:
    """The YAML of a published contract that there is."""
    resource = files("data_contracts").joinpath("published", name + ENDING)
    return resource.read_text(encoding="utf-8")


class _PublishedTexts(Mapping[str, str]):
    """The published contracts' texts by name; each is read when it is asked for."""

    def __getitem__(self, name: str) -> str:
        if name not in list_published():
            raise KeyError(name)
        return published_text(name)

    def __iter__(self) -> Iterator[str]:
        return iter(list_published())

    def __len__(self) -> int:
        return len(list_published())


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        published = ", ".join(list_published())
        raise ConfigurationError(
            f"contract file {path} does not exist",
            hint=f"a path is relative to scimflow.yaml; published are: {published}",
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"contract file {path} is not UTF-8 text", hint="save it as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"contract file {path} cannot be read: {error.strerror}") from None
