"""Pod Security "restricted", and what this chart promises beyond it, read off the rendered pods.

Source of the rules: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (baseline and restricted).
"""

from typing import Any

from rendering import Render
from report import expect

VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def check(render: Render) -> None:
    for name, (_, spec) in render.pods.items():
        pod(name, spec)
        for container in (item for kind in CONTAINERS for item in spec.get(kind, [])):
            contain(f"{name}/{container['name']}", container)


def pod(name: str, spec: dict[str, Any]) -> None:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        expect(not spec.get(field), f"{name}: {field}")
    security = spec["securityContext"]
    expect(security.get("runAsNonRoot") is True, f"{name}: runAsNonRoot")
    expect(security.get("runAsUser") != 0, f"{name}: runAsUser")
    expect(security["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost"), f"{name}: seccompProfile")
    expect(not security.get("sysctls"), f"{name}: sysctls")
    for volume in spec.get("volumes", []):
        kinds = set(volume) - {"name"}
        expect(kinds <= VOLUMES, f"{name}: volume {volume['name']} is of the kind {kinds}")
    expect(spec.get("automountServiceAccountToken") is False, f"{name}: automountServiceAccountToken")
    expect(spec.get("enableServiceLinks") is False, f"{name}: enableServiceLinks puts OUTGATE_… into the environment")


def contain(name: str, container: dict[str, Any]) -> None:
    security = container["securityContext"]
    expect(security.get("allowPrivilegeEscalation") is False, f"{name}: allowPrivilegeEscalation")
    expect(security["capabilities"].get("drop") == ["ALL"], f"{name}: capabilities.drop")
    expect(not security["capabilities"].get("add"), f"{name}: capabilities.add")
    expect(not security.get("privileged"), f"{name}: privileged")
    expect(security.get("procMount", "Default") == "Default", f"{name}: procMount")
    expect(security.get("runAsNonRoot") is True, f"{name}: runAsNonRoot")
    expect(security.get("runAsUser") != 0, f"{name}: runAsUser")
    expect(security["seccompProfile"]["type"] == "RuntimeDefault", f"{name}: seccompProfile")
    expect(security.get("readOnlyRootFilesystem") is True, f"{name}: readOnlyRootFilesystem")
    expect(not any("hostPort" in port for port in container.get("ports", [])), f"{name}: hostPort")
    expect(container["resources"]["limits"].get("memory"), f"{name}: no memory limit")
