"""Checks the chart and the Dockerfile: linted, rendered by Helm's engine, and held against schemas and golden files.

    python check_chart.py             prints one line a check; exits 1 if one failed
    python check_chart.py --update    writes the golden files first, for a diff that a person reads

Needs what requirements.txt lists, and no cluster, no network, no Docker.
"""

import argparse
import functools
import sys

import helm_python

import credentials
import golden
import image
import network
import refusals
import restricted
import schemas
import values_documented
import wiring
from rendering import CHART, Render, render, value_sets, values_of
from report import Report, expect

INFO = 1


def lint(values: dict, kube_version: str) -> None:
    found = helm_python.lint(CHART, values, strict=True, kube_version=f"v{kube_version}.0")
    serious = [f"{item['path']}: {item['error']}" for item in found["messages"] if item["severity"] > INFO]
    expect(found["total_charts_linted"] == 1, "nothing was linted")
    expect(not serious and not found["errors"], "\n".join(serious + found["errors"]))


def check_render(report: Report, item: Render) -> None:
    """Everything that holds for any rendered set of values."""
    for version in (schemas.OLDEST, schemas.NEWEST):
        report.check(f"{item.name}: lint for Kubernetes {version}", functools.partial(lint, item.values, version))
        report.check(f"{item.name}: schemas of Kubernetes {version}", lambda v=version: schemas.validate(item, v))
    report.check(f"{item.name}: golden output", lambda: golden.compare(item))
    report.check(f"{item.name}: pod security restricted", lambda: restricted.check(item))
    for name, check in wiring.CHECKS.items():
        report.check(f"{item.name}: {name}", functools.partial(check, item))
    if item.of_kind("NetworkPolicy"):
        report.check(f"{item.name}: network policy, out", lambda: network.egress(item))
        report.check(f"{item.name}: network policy, in", lambda: network.ingress(item))


def render_all(report: Report) -> dict[str, Render]:
    """Every set of values that renders; one that does not is a failed check."""
    renders: dict[str, Render] = {}
    for name in value_sets():
        report.check(f"{name}: renders", lambda n=name: renders.update({n: render(n, values_of(n))}))
    return renders


def check_refusals(report: Report) -> None:
    for case in refusals.cases():
        report.check(f"refused: {case['name']}", functools.partial(refusals.refused, case))


def check_image(report: Report, renders: dict[str, Render]) -> None:
    report.check("Dockerfile: hadolint", image.lint)
    report.check("Dockerfile: runs as the chart runs it", lambda: image.runs_restricted(renders["plaintext"]))
    report.check("Dockerfile: build context", image.context)


def run(update: bool) -> int:
    report = Report()
    renders = render_all(report)
    if update:
        for item in renders.values():
            golden.write(item)
    for item in renders.values():
        check_render(report, item)
    report.check("golden files all have values", golden.no_strays)
    report.check("a changed configuration restarts the pod", lambda: wiring.restarts_on_change(renders))
    report.check("every setting is a value", lambda: wiring.everything_can_be_set(renders["everything"]))
    check_refusals(report)
    for name, check in credentials.CHECKS.items():
        report.check(name, check)
    for name, check in values_documented.CHECKS.items():
        report.check(name, check)
    check_image(report, renders)
    return report.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write the golden files from what renders now")
    return run(parser.parse_args().update)


if __name__ == "__main__":
    sys.exit(main())
