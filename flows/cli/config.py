"""`scimflow config`: the settings' schema, and the settings in effect."""

import sys

from cyclopts import App

from data_contracts.configuration import Configuration
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.project import open_project

command = App(name="config", help="Show the settings, or their JSON Schema.")


@command.command
def schema() -> int:
    """Write the JSON Schema of scimflow.yaml, for editors.

    Examples:
        scimflow config schema > scimflow.schema.json
    """
    print_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **Configuration.model_json_schema(),
            "title": "scimflow.yaml",
        }
    )
    return 0


@command.command
def reference() -> int:
    """Write the reference of every setting as a Markdown page.

    Examples:
        scimflow config reference > docs/settings.md
    """
    from tasks.report.settings_page import settings_page

    sys.stdout.write(settings_page(Configuration.model_json_schema()))
    return 0


@command.command
def show(*, config: Config = DEFAULT_CONFIG, json: AsJson = False) -> int:
    """Show the settings in effect: the file, the environment's overrides, the defaults.

    Secrets are references and show as such; no secret is ever in the settings.

    Examples:
        scimflow config show
    """
    import yaml
    from rich.text import Text

    settings = open_project(config).settings.model_dump(mode="json", exclude_none=True)
    if json:
        print_json(settings)
    else:
        text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
        results().print(Text(text), soft_wrap=True)
    return 0
