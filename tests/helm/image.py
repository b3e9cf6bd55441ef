"""The Dockerfile: linted, and what the chart relies on in it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

from docker.utils.build import exclude_paths

from rendering import ROOT, Render
from report import expect

DOCKERFILE = ROOT / "Dockerfile"


def lint() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    expect(result.returncode == 0, result.stdout + result.stderr)


def last_stage() -> dict[str, list[str]]:
    """Instructions of the final stage, by name; continued lines joined."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    instructions: dict[str, list[str]] = {}
    for line in (line.strip() for line in text.splitlines()):
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            if name == "FROM":
                instructions = {}
            instructions.setdefault(name, []).append(rest.strip())
    return instructions


def runs_restricted(render: Render) -> None:
    """No shell, no root, and the ids and paths that the chart runs it under."""
    stage, pod = last_stage(), render.statefulset["spec"]["template"]["spec"]
    expect("RUN" not in stage, "the final stage runs a command, and distroless has no shell for it")
    expect("gcr.io/distroless/" in DOCKERFILE.read_text(), "the final base is not distroless")
    security = pod["securityContext"]
    ids = f"{security['runAsUser']}:{security['runAsGroup']}"
    expect(stage["USER"] == [ids], f"USER is {stage['USER']}, the chart runs {ids}")
    entry, command = json.loads(stage["ENTRYPOINT"][0]), json.loads(stage["CMD"][0])
    expect(entry == ["/usr/local/bin/outgate"], f"ENTRYPOINT is {entry}")
    arguments = pod["containers"][0]["args"]
    data = arguments[arguments.index("--data") + 1]
    expect(data in command, f"CMD is {command}, the chart's data lies in {data}")
    expect(f'["{data}"]' in stage["VOLUME"], f"VOLUME is {stage['VOLUME']}")


def context() -> None:
    """The builder gets every member of the workspace, and nothing that cargo does not read."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    sent = exclude_paths(str(ROOT), patterns)
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    needed = ["Cargo.toml", "Cargo.lock", *(f"{member}/Cargo.toml" for member in members)]
    absent = [path for path in needed if path not in sent]
    expect(not absent, f"the builder would not get {absent}")
    unwanted = {".git", "target", "helm", "node_modules", "__pycache__"}
    strays = sorted(path for path in sent if unwanted & set(PurePosixPath(path).parts))
    expect(not strays, f"the builder would get {strays[:5]}")
