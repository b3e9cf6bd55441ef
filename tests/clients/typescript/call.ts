// The demo's two calls from TypeScript, with a client that protoc-gen-es generated from the contracts.
//
//   node call.js SERVER TOKEN_FILE CRM_URL INPUT_FILE

import { readFileSync } from "node:fs";
import { argv } from "node:process";

import { type Interceptor, type Transport, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { ErrorInfoSchema } from "./generated/google/rpc/error_details_pb.js";
import { AdapterService } from "./generated/outgate/integrations/v1/adapter_service_pb.js";
import { IntegrationService } from "./generated/outgate/integrations/v1/integration_service_pb.js";

const TENANT = "tenants/default";
const TIMEOUT = { timeoutMs: 30_000 };

const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** Adds the caller's token to every call. */
const authorize =
  (token: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };

/** Sends a GET through an integration. */
async function execute(transport: Transport, integration: string, url: string): Promise<object> {
  const client = createClient(IntegrationService, transport);
  const name = `${TENANT}/integrations/${integration}`;
  const answer = await client.executeIntegration({ name, method: "GET", url }, TIMEOUT);
  return { status: answer.status, ok: answer.ok, body: json(answer.body) };
}

/** Runs an adapter on an input. */
async function run(transport: Transport, adapter: string, input: Uint8Array): Promise<object> {
  const client = createClient(AdapterService, transport);
  const answer = await client.runAdapter({ name: `${TENANT}/registers/${adapter}`, input }, TIMEOUT);
  return { status: answer.meta?.status, error: answer.meta?.error, result: json(answer.result) };
}

/** The machine-readable reason of a refusal. */
function reason(error: unknown): string | undefined {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
}

const [server, tokenFile, crmUrl, inputFile] = argv.slice(2) as [string, string, string, string];
const transport = createGrpcTransport({
  baseUrl: `http://${server}`,
  interceptors: [authorize(readFileSync(tokenFile, "ascii").trim())],
});
const said = {
  execute: await execute(transport, "CRM", crmUrl),
  run: await run(transport, "ADAPTER.COMPANY-ACCOUNTANCY", readFileSync(inputFile)),
  refused: await execute(transport, "NOBODY-MADE-THIS", crmUrl).then(() => undefined, reason),
};
console.log(JSON.stringify(said));
