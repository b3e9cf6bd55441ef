"""The rendered NetworkPolicy, decided as a cluster decides it, for addresses whose answer is known."""

from ipaddress import ip_address, ip_network
from typing import Any

from rendering import Render
from report import expect
from wiring import configuration

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111"]
NOT_PUBLIC = [
    "169.254.169.254",  # metadata of the cloud
    "10.96.0.1",  # the API server, as a rule
    "127.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "fd00:ec2::254", "fe80::1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
]


def policy(render: Render) -> dict[str, Any]:
    (only,) = render.of_kind("NetworkPolicy")
    return only["spec"]


def may_leave(spec: dict[str, Any], address: str, port: int) -> bool:
    return any(
        any(holds(peer, address) for peer in rule["to"]) and any(open_for(item, port) for item in rule["ports"])
        for rule in spec["egress"]
    )


def holds(peer: dict[str, Any], address: str) -> bool:
    block = peer.get("ipBlock")
    if block is None:
        return False
    inside = ip_address(address) in ip_network(block["cidr"])
    return inside and not any(ip_address(address) in ip_network(hole) for hole in block.get("except", []))


def open_for(item: dict[str, Any], port: int) -> bool:
    return item["protocol"] == "TCP" and item["port"] <= port <= item.get("endPort", item["port"])


def egress(render: Render) -> None:
    """The policy admits what the configuration allows, and nothing that is not public beside it."""
    spec, config = policy(render), configuration(render)["egress"]
    allowed = [ip_network(network) for network in config["networks"]]
    ranges = [tuple(int(end) for end in (text.split("-") * 2)[:2]) for text in config["ports"]]
    for low, high in ranges:
        for port in (low, high):
            for address in PUBLIC + [str(network[1]) for network in allowed]:
                expect(may_leave(spec, address, port), f"{address}:{port} is allowed and cannot leave")
            for address in NOT_PUBLIC:
                known = any(ip_address(address) in network for network in allowed)
                expect(known or not may_leave(spec, address, port), f"{address}:{port} can leave")
    for port in (22, 80, 444, 44298, 44400, 65535):
        expect(not may_leave(spec, PUBLIC[0], port), f"{PUBLIC[0]}:{port} can leave")
    expect(all(rule.get("to") and rule.get("ports") for rule in spec["egress"]), "a rule without peers or ports")


def ingress(render: Render) -> None:
    """Port 7600 only for pods chosen by label; the health port for pods; nothing for everybody."""
    spec = policy(render)
    expect(sorted(spec["policyTypes"]) == ["Egress", "Ingress"], f"policyTypes are {spec['policyTypes']}")
    for rule in spec["ingress"]:
        expect(rule.get("from") and rule.get("ports"), "a rule without peers or ports")
        if any(port["port"] == "grpc" for port in rule["ports"]):
            for peer in rule["from"]:
                labels = peer.get("podSelector", {}).get("matchLabels")
                expect(labels, f"port grpc is open to {peer}")
