"""What no schema sees: that the rendered objects mean each other, and the configuration means the mounts."""

import tomllib
from pathlib import PurePosixPath
from typing import Any

from rendering import ROOT, Render
from report import expect

#: Outgate's own defaults, compiled into it: they name every key there is, and any other stops its start.
DEFAULTS = ROOT / "shared" / "runtime" / "src" / "config" / "outgate.toml"


def configuration(render: Render) -> dict[str, Any]:
    (config,) = render.of_kind("ConfigMap")
    return tomllib.loads(config["data"]["outgate.toml"])


def known_keys(render: Render) -> None:
    """Every key in the ConfigMap is one of Outgate's, and of the same type as its default."""
    compare(configuration(render), tomllib.loads(DEFAULTS.read_text()), "")


def compare(given: dict[str, Any], defaults: dict[str, Any], place: str) -> None:
    for key, value in given.items():
        if place in ("egress.tenants.", "quotas.tenants."):
            # The names are free; what stands under them are the keys of the section.
            compare(value, tomllib.loads(DEFAULTS.read_text())[place.split(".")[0]], f"{place}{key}.")
            continue
        if place == "save_secret.tenants.":
            # Under the names of tenants there are origins, and lists of them.
            continue
        expect(key in defaults, f"{place}{key} is no key of Outgate's; there are {sorted(defaults)}")
        expect(type(value) is type(defaults[key]), f"{place}{key} is {value!r}, its default {defaults[key]!r}")
        if isinstance(value, dict):
            compare(value, defaults[key], f"{place}{key}.")


#: Tables whose keys are the operator's.
FREE_TABLES = ("egress.tenants", "quotas.tenants", "save_secret.tenants")

#: What an operator of the chart has no need to set, and why.
NO_VALUES = {
    "server.internal_listen": "one process runs all services",
    "server.drain_seconds": "terminationGracePeriodSeconds is measured by its default",
    "server.tls.health": "the kubelet's probes speak no TLS",
    "links": "one process runs all services",
}


def leaves(table: dict[str, Any], prefix: str = "") -> set[str]:
    """Dotted names of the keys; an empty table is one, as its keys are the operator's."""
    found: set[str] = set()
    for key, value in table.items():
        inner = isinstance(value, dict) and value and prefix + key not in FREE_TABLES
        found |= leaves(value, f"{prefix}{key}.") if inner else {prefix + key}
    return found


def everything_can_be_set(render: Render) -> None:
    """Every key of Outgate's is set by the values that set everything, or has a reason why no value sets it."""
    known = leaves(tomllib.loads(DEFAULTS.read_text()))
    excused = {key for key in known for no in NO_VALUES if f"{key}.".startswith(f"{no}.")}
    absent = known - excused - leaves(configuration(render))
    expect(not absent, f"no value of the chart sets {sorted(absent)}")
    strays = [no for no in NO_VALUES if not any(f"{key}.".startswith(f"{no}.") for key in known)]
    expect(not strays, f"{strays} are no keys of Outgate's")


def files_are_mounted(render: Render) -> None:
    """Every file that the configuration names is an entry of a volume mounted where the name says."""
    config = configuration(render)
    tls = config["server"].get("tls", {})
    named = [config["seal"]["key_file"], config["identity"]["operator_token_file"]]
    named += [*config["egress"]["ca_files"]]
    transit, issuers = config["seal"].get("transit", {}), config["identity"].get("issuers", [])
    for table in [tls, transit, *issuers, *config["identity"].get("tokens", [])]:
        named += [value for key, value in table.items() if key in ("cert", "key") and table is tls]
        named += [value for key, value in table.items() if key.endswith("_file")]
    named += [path for path in [config["egress"].get("proxy_credentials_file")] if path]
    held = mounted_files(render.statefulset["spec"]["template"]["spec"])
    for path in named:
        expect(path in held, f"{path} is in the configuration and in no volume; mounted are {sorted(held)}")


def mounted_files(spec: dict[str, Any]) -> set[str]:
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    files = set()
    for mount in spec["containers"][0]["volumeMounts"]:
        volume = volumes.get(mount["name"], {})
        sources = volume.get("projected", {}).get("sources", [])
        holders = [volume.get("secret"), volume.get("configMap")]
        holders += [source.get(kind) for source in sources for kind in ("secret", "configMap")]
        for item in (item for holder in holders if holder for item in holder.get("items", [])):
            files.add(f"{mount['mountPath']}/{item['path']}")
        tokens = (source["serviceAccountToken"] for source in sources if "serviceAccountToken" in source)
        files.update(f"{mount['mountPath']}/{token['path']}" for token in tokens)
    return files


def mounts_do_not_nest(render: Render) -> None:
    """A mount inside a read-only one cannot be made: the runtime finds no folder to make it on."""
    paths = [PurePosixPath(mount["mountPath"]) for mount in container(render)["volumeMounts"]]
    for inner in paths:
        outer = [str(path) for path in paths if path in inner.parents]
        expect(not outer, f"{inner} lies inside {outer}")


def credentials_are_private(render: Render) -> None:
    """Nobody but root and the process's own group reads a mounted Secret; with fsGroup, 0440 is the least there is."""
    for volume in render.statefulset["spec"]["template"]["spec"]["volumes"]:
        holder = volume.get("secret") or volume.get("projected")
        if holder:
            expect(holder["defaultMode"] == 0o440, f"{volume['name']} has the mode {holder['defaultMode']:o}")


def container(render: Render) -> dict[str, Any]:
    (only,) = render.statefulset["spec"]["template"]["spec"]["containers"]
    return only


def selectors(render: Render) -> None:
    """Services and policy select the server's pod, and never the test's."""
    pods = {name: metadata["labels"] for name, (metadata, _) in render.pods.items()}
    chosen = {f"Service {item['metadata']['name']}": item["spec"]["selector"] for item in render.of_kind("Service")}
    chosen["StatefulSet"] = render.statefulset["spec"]["selector"]["matchLabels"]
    for item in render.of_kind("NetworkPolicy"):
        chosen["NetworkPolicy"] = item["spec"]["podSelector"]["matchLabels"]
    for name, selector in chosen.items():
        hit = {pod for pod, labels in pods.items() if selector.items() <= labels.items()}
        expect(hit == {"StatefulSet"}, f"{name} selects {sorted(hit)}")
    headless = render.statefulset["spec"]["serviceName"]
    found = [item for item in render.of_kind("Service") if item["metadata"]["name"] == headless]
    expect(found and found[0]["spec"].get("clusterIP") == "None", f"{headless} is no headless Service")


def ports(render: Render) -> None:
    """Probes, Services and listeners agree; probes ask the plaintext health port by gRPC."""
    config = configuration(render)["server"]
    named = {port["name"]: port["containerPort"] for port in container(render)["ports"]}
    for key, name in (("listen", "grpc"), ("health_listen", "health")):
        expect(config[key].rsplit(":", 1)[1] == str(named[name]), f"{key} is {config[key]}, port {name} {named[name]}")
    for probe, service in (("startup", "liveness"), ("liveness", "liveness"), ("readiness", "readiness")):
        asked = container(render)[f"{probe}Probe"]["grpc"]
        expect(asked == {"port": named["health"], "service": service}, f"{probe}Probe asks {asked}")
    targets = {port["targetPort"] for item in render.of_kind("Service") for port in item["spec"]["ports"]}
    expect(targets <= set(named), f"Services aim at {sorted(targets)}")
    spoken = "https" if "tls" in config else "kubernetes.io/h2c"
    for item in render.of_kind("Service"):
        (grpc,) = (port for port in item["spec"]["ports"] if port["name"] == "grpc")
        expect(grpc["appProtocol"] == spoken, f"{item['metadata']['name']} says {grpc['appProtocol']}, not {spoken}")


def one_writer(render: Render) -> None:
    spec = render.statefulset["spec"]
    expect(spec["replicas"] == 1, f"{spec['replicas']} replicas")
    retention = spec["persistentVolumeClaimRetentionPolicy"]
    expect(retention == {"whenDeleted": "Retain", "whenScaled": "Retain"}, f"the volume's retention is {retention}")


def restarts_on_change(renders: dict[str, Render]) -> None:
    """Each configuration has a checksum of its own, at which the pod is replaced."""
    sums: dict[str, str] = {}
    for name, item in renders.items():
        text = item.of_kind("ConfigMap")[0]["data"]["outgate.toml"]
        found = item.statefulset["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
        expect(sums.setdefault(found, text) == text, f"{name} carries the checksum of another configuration")
    expect(len(sums) > 1, "all renders hold the same configuration: nothing was compared")


CHECKS = {
    "configuration keys": known_keys,
    "configured files are mounted": files_are_mounted,
    "mounts do not nest": mounts_do_not_nest,
    "credentials are private": credentials_are_private,
    "selectors": selectors,
    "ports and probes": ports,
    "one writer, kept volume": one_writer,
}
