"""A folder with a live source, its stand-in and a workspace, and the commands about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.command_parts import Said, say

TODAY = "2026-03-02"


@dataclass
class Fern:
    """A company whose people come from a system that is asked."""

    folder: Path
    contract: str
    live: dict[str, Any]
    target: str
    login: str = "user_name"

    @property
    def config(self) -> Path:
        return self.folder / "scimflow.yaml"

    def settings(self, live: Mapping[str, Any] | None = None, **source: Any) -> None:
        """Write the settings; `live` is laid over what is asked."""
        data = {
            "sources": {
                "people": {
                    "contract": self.contract,
                    "live": {"request_budget_s": 2, "requests_per_s": 100, **self.live}
                    | dict(live or {}),
                    **source,
                }
            },
            "mapping": {"userName": self.login},
            "target": {
                "name": "workspace",
                "base_url": self.target,
                "auth": {"token_env": "WORKSPACE_TOKEN"},
                "request_budget_s": 2,
            },
        }
        self.config.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def say(self, *words: str) -> Said:
        return say(*words, "--config", self.config)

    @property
    def deliveries(self) -> list[Path]:
        """What is kept, the oldest first."""
        found = (self.folder / ".scimflow" / "deliveries").glob("*/2*")
        return sorted(found, key=lambda path: path.name)

    def created(self, *words: str) -> list[str]:
        """For whom the plan makes accounts; nothing else may be in it."""
        said = self.say("plan", "--json", *words)
        assert said.code in (0, 2), said.text
        operations = said.document["operations"]
        assert {each["kind"] for each in operations} <= {"create"}
        return sorted(each["worker_key"] for each in operations)
