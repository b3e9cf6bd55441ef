"""The chart through Helm's own engine: values in, text and objects out."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHART = ROOT / "helm" / "outgate"
RELEASE = "outgate"
NAMESPACE = "integrations"


@dataclass(frozen=True)
class Render:
    """What one set of values renders to."""

    name: str
    values: dict[str, Any]
    notes: str
    manifests: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [document for document in yaml.safe_load_all(self.manifests) if document]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.objects if item["kind"] == kind]

    @property
    def statefulset(self) -> dict[str, Any]:
        (only,) = self.of_kind("StatefulSet")
        return only

    @property
    def pods(self) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """Metadata and spec of every pod that the release makes, by the name of what makes it."""
        template = self.statefulset["spec"]["template"]
        pods = {"StatefulSet": (template["metadata"], template["spec"])}
        for pod in self.of_kind("Pod"):
            pods[f"Pod {pod['metadata']['name']}"] = (pod["metadata"], pod["spec"])
        return pods


def values_of(name: str) -> dict[str, Any]:
    return yaml.safe_load((HERE / "values" / f"{name}.yaml").read_text())


def value_sets() -> list[str]:
    return sorted(path.stem for path in (HERE / "values").glob("*.yaml"))


def render(name: str, values: dict[str, Any], chart_folder: Path = CHART) -> Render:
    """Renders the chart; raises helm_python.HelmError with Helm's own words where it refuses."""
    with helm_python.Chart.load(chart_folder) as chart:
        texts = chart.render(values, name=RELEASE, namespace=NAMESPACE)
    notes = "".join(text for path, text in texts.items() if path.endswith("NOTES.txt"))
    parts = [
        f"# Source: {path}\n{text.strip()}"
        for path, text in sorted(texts.items())
        if text.strip() and not path.endswith("NOTES.txt")
    ]
    return Render(name, values, tidy(notes), tidy("---\n" + "\n---\n".join(parts)))


def tidy(text: str) -> str:
    """Without blanks at the ends of lines: templates leave them in blank lines, where they mean nothing."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


@contextlib.contextmanager
def chart_without_schema() -> Iterator[Path]:
    """A copy of the chart as `helm --skip-schema-validation` sees it, removed at the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / CHART.name
        shutil.copytree(CHART, copy)
        (copy / "values.schema.json").unlink()
        yield copy


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, maps key by key, as Helm merges value files."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result
