// An authorization server on loopback: oidc-provider, with two clients that get tokens for themselves.
//
//   CLIENT_SECRET=… GIVEN_OUT=FILE node oauth.mjs CERT KEY
//
// Writes every token that it gives out to the file, before anybody has it. Prints its address on the first line. Every line that comes in is answered with what it has seen so far; when the
// input ends, so does the server.

import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const seen = { tokenRequests: [], accessTokens: [] };

// Both grant no more than what RFC 6749, 4.4 needs.
const client = (id, method) => ({
  client_id: id,
  client_secret: process.env.CLIENT_SECRET,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: method,
});

function start(issuer) {
  const provider = new Provider(issuer, {
    clients: [client('basic', 'client_secret_basic'), client('body', 'client_secret_post')],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ['customers.read'],
    ttl: { ClientCredentials: 3600 },
  });
  provider.on('client_credentials.saved', (token) => {
    appendFileSync(process.env.GIVEN_OUT, `${token.jti}\n`);
    seen.accessTokens.push(token.jti);
  });
  provider.use(async (context, next) => {
    await next();
    if (context.path !== '/token') return;
    const basic = context.get('authorization').startsWith('Basic ');
    const body = context.oidc?.body?.client_secret !== undefined;
    seen.tokenRequests.push(basic ? 'basic' : body ? 'body' : 'none');
  });
  return provider.callback();
}

const server = createServer({ cert, key });
server.listen(0, '127.0.0.1', () => {
  const address = `https://127.0.0.1:${server.address().port}`;
  server.on('request', start(address));
  console.log(address);
});

createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify(seen)))
  .on('close', () => process.exit(0));
