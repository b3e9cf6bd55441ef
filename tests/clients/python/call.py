"""The demo's two calls from Python, with a client that grpcio-tools generated from the contracts.

    python3 call.py SERVER TOKEN_FILE CRM_URL INPUT_FILE
"""

import json
import pathlib
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from outgate.integrations.v1 import (
    adapter_service_pb2,
    adapter_service_pb2_grpc,
    integration_service_pb2,
    integration_service_pb2_grpc,
)

TENANT = "tenants/default"


def execute(channel: grpc.Channel, metadata: list, integration: str, url: str) -> dict:
    """Sends a GET through an integration."""
    stub = integration_service_pb2_grpc.IntegrationServiceStub(channel)
    request = integration_service_pb2.ExecuteIntegrationRequest(
        name=f"{TENANT}/integrations/{integration}", method="GET", url=url
    )
    answer = stub.ExecuteIntegration(request, metadata=metadata, timeout=30)
    return {"status": answer.status, "ok": answer.ok, "body": json.loads(answer.body)}


def run(channel: grpc.Channel, metadata: list, adapter: str, value: bytes) -> dict:
    """Runs an adapter on an input."""
    stub = adapter_service_pb2_grpc.AdapterServiceStub(channel)
    request = adapter_service_pb2.RunAdapterRequest(name=f"{TENANT}/registers/{adapter}", input=value)
    answer = stub.RunAdapter(request, metadata=metadata, timeout=30)
    return {"status": answer.meta.status, "error": answer.meta.error, "result": json.loads(answer.result)}


def reason(error: grpc.RpcError) -> str:
    """The machine-readable reason of a refusal."""
    info = error_details_pb2.ErrorInfo()
    for detail in rpc_status.from_call(error).details:
        if detail.Unpack(info):
            return info.reason
    raise LookupError("the refusal names no reason")


def main(server: str, token_file: str, crm_url: str, input_file: str) -> None:
    token = pathlib.Path(token_file).read_text(encoding="ascii").strip()
    metadata = [("authorization", f"Bearer {token}")]
    with grpc.insecure_channel(server) as channel:
        said = {
            "execute": execute(channel, metadata, "CRM", crm_url),
            "run": run(channel, metadata, "ADAPTER.COMPANY-ACCOUNTANCY", pathlib.Path(input_file).read_bytes()),
        }
        try:
            execute(channel, metadata, "NOBODY-MADE-THIS", crm_url)
        except grpc.RpcError as error:
            said["refused"] = reason(error)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
