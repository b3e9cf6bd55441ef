"""values.yaml, its schema and the README name the same values, and each says what it means."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from rendering import CHART
from report import expect


def schema() -> dict[str, Any]:
    return json.loads((CHART / "values.schema.json").read_text())


def paths(node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted names of the leaves; an empty map is one, as its keys are the operator's."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from paths(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def commented() -> None:
    """The line above each key is a comment; the items of a default list are not keys of the chart's."""
    lines = (CHART / "values.yaml").read_text().splitlines()
    known = set(schema_keys(schema()))
    for number, line in enumerate(lines):
        key = line.strip().split(":")[0]
        if line.strip().startswith(("#", "-")) or ":" not in line or key not in known:
            continue
        expect(lines[number - 1].strip().startswith("#"), f"values.yaml:{number + 1}: {key} has no comment")


def schema_keys(node: dict[str, Any]) -> Iterator[str]:
    for key, value in node.get("properties", {}).items():
        yield key
        yield from schema_keys(value)


def in_schema() -> None:
    """Every default has a described property, every property but `global` a default, and no map takes what it likes."""
    walk(schema(), yaml.safe_load((CHART / "values.yaml").read_text()), "")


def walk(node: dict[str, Any], values: dict[str, Any], place: str) -> None:
    properties = node["properties"]
    expect(node.get("additionalProperties") is False, f"{place or 'the top'}: additionalProperties is not false")
    missing = set(properties) ^ set(values)
    expect(missing <= {"global"}, f"{place or 'the top'}: {sorted(missing)} is in one of schema and values only")
    for key, value in properties.items():
        expect(value.get("description"), f"{place}{key}: no description in the schema")
        if "properties" in value:
            walk(value, values[key], f"{place}{key}.")


def in_readme() -> None:
    """The README's table holds every value, itself or the group it is in."""
    table = [line for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| `")]
    named = {name for line in table for name in line.split("|")[1].replace("`", "").replace(",", " ").split()}
    values = list(paths(yaml.safe_load((CHART / "values.yaml").read_text())))
    absent = [path for path in values if not any(path == name or path.startswith(name + ".") for name in named)]
    expect(not absent, f"README.md does not name {absent}")
    unknown = [name for name in named if not any(path == name or path.startswith(name + ".") for path in values)]
    expect(not unknown, f"README.md names {unknown}, which values.yaml does not have")


CHECKS = {
    "values are commented": commented,
    "values are in the schema": in_schema,
    "values are in the README": in_readme,
}
