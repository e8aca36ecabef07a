"""The reference of scimflow.yaml as a Markdown page, from its JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any

TITLE = "# Settings: every key of scimflow.yaml"
INTRODUCTION = """
Made from the settings' own schema with `scimflow config reference > docs/settings.md`; a test
compares. Editors complete and check the file with `scimflow config schema`. An unknown key is an
error that names the nearest known one. `SCIMFLOW__TARGET__BASE_URL=...` in the environment
overrides `target.base_url`, and so for every key.
"""


def settings_page(schema: Mapping[str, Any]) -> str:
    """Write the reference.

    Args:
        schema: JSON Schema of the settings.

    Returns:
        Markdown: one table for each section, keys in the order of the schema.
    """
    lines = [TITLE, INTRODUCTION]
    for name, section in _sections(schema):
        lines += [f"## {name}", "", str(section.get("description", "")).strip(), ""]
        lines += ["| key | what it is | default |", "|---|---|---|"]
        for key, field in section.get("properties", {}).items():
            needed = "required" if key in section.get("required", []) else _default(field)
            lines.append(f"| `{key}` | {_words(field)} | {needed} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _sections(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "The file", schema
    for name, section in schema.get("$defs", {}).items():
        if section.get("properties"):
            yield name, section


def _words(field: Mapping[str, Any]) -> str:
    text = " ".join(str(field.get("description", "")).split())
    shape = _shape(field)
    return (f"{text} ({shape})" if shape else text).replace("|", "\\|")


def _shape(field: Mapping[str, Any]) -> str:
    """Type and bounds in words."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field or "oneOf" in field:
        parts = [_shape(part) for part in field.get("anyOf") or field["oneOf"]]
        return " or ".join(part for part in parts if part and part != "null")
    kind = str(field.get("type", ""))
    if kind == "array":
        return f"list of {_shape(field.get('items', {})) or 'values'}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"by name: {_shape(field['additionalProperties']) or 'text'}"
    bounds = [
        f"{word} {field[key]}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "over"),
            ("maximum", "to"),
        )
        if key in field
    ]
    named = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return " ".join([named.get(kind, kind), *bounds]).strip()


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value is None or isinstance(value, dict | list):
        return "" if not value else "see below"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
