"""Rendered output against what was reviewed and committed."""

import difflib
from pathlib import Path

from rendering import HERE, Render, value_sets
from report import expect

FOLDER = HERE / "golden"


def files_of(render: Render) -> dict[Path, str]:
    return {
        FOLDER / f"{render.name}.yaml": render.manifests,
        FOLDER / f"{render.name}.NOTES.txt": render.notes,
    }


def write(render: Render) -> None:
    FOLDER.mkdir(exist_ok=True)
    for path, text in files_of(render).items():
        path.write_text(text)


def compare(render: Render) -> None:
    for path, text in files_of(render).items():
        expect(path.exists(), f"golden/{path.name} is missing; write it with --update and read what it holds")
        difference = difflib.unified_diff(
            path.read_text().splitlines(), text.splitlines(), f"golden/{path.name}", "rendered now", lineterm="", n=2
        )
        lines = list(difference)
        expect(not lines, "differs; if that was meant, run with --update\n" + "\n".join(lines))


def no_strays() -> None:
    """Every golden file belongs to a set of values that exists."""
    known = {f"{name}{ending}" for name in value_sets() for ending in (".yaml", ".NOTES.txt")}
    strays = sorted(path.name for path in FOLDER.iterdir() if path.name not in known)
    expect(not strays, f"no values for {strays}")
