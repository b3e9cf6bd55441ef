// An issuer of signed access tokens on loopback: oidc-provider, whose client `backend` gets tokens for the audience
// `outgate` (RFC 8707, RFC 9068).
//
//   CLIENT_SECRET=… node issuer.mjs CERT KEY CA
//
// Prints its address on the first line. Each line that comes in is answered with a line: `token ALGORITHM` with a token that
// is signed so, `rotate` with nothing, once new keys are published in place of the old. When the input ends, so does the issuer.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [cert, key, ca] = process.argv.slice(2).map((path) => readFileSync(path));
const secret = process.env.CLIENT_SECRET;
const resource = 'https://outgate.example.com';
let issuer;
let answer;
let algorithm;

function signing(alg, kind, options) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, kid: randomUUID(), use: 'sig' };
}

function keys() {
  return [
    signing('RS256', 'rsa', { modulusLength: 2048 }),
    signing('PS256', 'rsa', { modulusLength: 2048 }),
    signing('ES256', 'ec', { namedCurve: 'P-256' }),
    signing('EdDSA', 'ed25519', {}),
  ];
}

function publish() {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'backend',
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          audience: 'outgate',
          jwt: { sign: { alg: algorithm } },
          scope: 'call',
        }),
      },
    },
    jwks: { keys: keys() },
    ttl: { ClientCredentials: 300 },
  });
  answer = provider.callback();
}

function token() {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'call' }).toString();
  const headers = {
    authorization: `Basic ${Buffer.from(`backend:${encodeURIComponent(secret)}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  return new Promise((resolve, reject) => {
    const asking = request(`${issuer}/token`, { ca, headers, method: 'POST' }, async (response) => {
      const parts = await response.toArray();
      resolve(JSON.parse(Buffer.concat(parts)).access_token);
    });
    asking.on('error', reject).end(body);
  });
}

const server = createServer({ cert, key }, (incoming, outgoing) => answer(incoming, outgoing));
server.listen(0, '127.0.0.1', () => {
  issuer = `https://127.0.0.1:${server.address().port}`;
  publish();
  console.log(issuer);
});

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
for await (const line of lines) {
  const [command, argument] = line.split(' ');
  if (command === 'rotate') {
    publish();
    console.log('');
  } else {
    algorithm = argument;
    console.log(await token());
  }
}
