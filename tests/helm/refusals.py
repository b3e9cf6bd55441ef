"""Values that must not render, each with the words it is refused with."""

import contextlib
from typing import Any

import helm_python
import yaml

from rendering import CHART, HERE, chart_without_schema, merged, render, values_of
from report import expect


def cases() -> list[dict[str, Any]]:
    return yaml.safe_load((HERE / "refused.yaml").read_text())


def refused(case: dict[str, Any]) -> None:
    values = merged(values_of("plaintext"), case["values"])
    chart = contextlib.nullcontext(CHART) if case.get("schema", True) else chart_without_schema()
    with chart as folder:
        try:
            render(case["name"], values, folder)
        except helm_python.HelmError as error:
            expect(case["message"] in str(error), f"refused, but with other words: {error}")
        else:
            raise AssertionError("rendered")
