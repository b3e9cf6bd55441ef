"""The commands that the refusal hands to whoever has no credentials yet: run as printed, in a folder of their own."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import helm_python

from rendering import CHART, merged, render, values_of
from report import expect

#: A key ring of one key, as shared/seal reads it: header, the active key's id, the key.
KEY_RING = re.compile(r"outgate-keyring 1\nactive ([0-9a-f]{16})\nkey \1 [0-9a-f]{64}\n")
TOKEN = re.compile(r"[0-9a-f]{64}\n")
BEFORE = "name its Secret here: "


def printed() -> str:
    try:
        render("no sealing key", merged(values_of("plaintext"), {"sealKey": {"existingSecret": ""}}))
    except helm_python.HelmError as error:
        return str(error).split(BEFORE, 1)[1].strip()
    raise AssertionError("rendered without a sealing key")


def make_what_they_say() -> None:
    """Two files that Outgate takes, private from the first byte on, and both handed to kubectl."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stand_in = folder / "bin" / "kubectl"
        stand_in.parent.mkdir()
        stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > kubectl.arguments\n')
        stand_in.chmod(0o755)
        path = f"{stand_in.parent}:{os.environ['PATH']}"
        result = subprocess.run(
            ["sh", "-c", printed()], cwd=folder, env={"PATH": path}, capture_output=True, text=True, check=False
        )
        expect(result.returncode == 0, result.stderr)
        for file, form in (("seal.key", KEY_RING), ("operator.token", TOKEN)):
            expect(form.fullmatch((folder / file).read_text()), f"{file} has another form than {form.pattern}")
            mode = (folder / file).stat().st_mode & 0o777
            expect(mode == 0o600, f"{file} has the mode {mode:o}")
        arguments = (folder / "kubectl.arguments").read_text().split()
        expect(arguments[-2:] == ["--from-file=seal.key", "--from-file=operator.token"], f"kubectl got {arguments}")


def are_in_readme() -> None:
    command = printed().split(" && kubectl")[0]
    expect(command in (CHART / "README.md").read_text(), f"README.md does not have the command: {command}")


CHECKS = {
    "credentials: the printed commands make them": make_what_they_say,
    "credentials: the README has the same commands": are_in_readme,
}
