// A client of others, openid-client, against a vault: discovery, registration,
// pushed request, PKCE, keys of its own (DPoP), tokens, user information, refresh,
// rows, giving back. It prints the address for the browser on one line, reads the
// address it comes back to from the next line of its input, and prints what it
// learned as JSON.
import * as client from 'openid-client';
import { createInterface } from 'node:readline';

const [issuer, method] = process.argv.slice(2);
const options = { execute: [client.allowInsecureRequests], algorithm: 'oidc' };
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = async (url) => {
  console.log(url.href);
  return new URL((await lines.next()).value);
};

const redirect_uri = 'http://127.0.0.1:9/back';
const metadata = {
  client_name: 'openid-client',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: method,
  dpop_bound_access_tokens: true,
  require_pushed_authorization_requests: true,
};
let authentication = client.None();
if (method === 'private_key_jwt') {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  metadata.jwks = { keys: [await crypto.subtle.exportKey('jwk', pair.publicKey)] };
  delete metadata.jwks.keys[0].key_ops;
  authentication = client.PrivateKeyJwt(pair.privateKey);
} else if (method === 'client_secret_basic') {
  authentication = undefined;
}
const config = await client.dynamicClientRegistration(new URL(issuer), metadata, authentication ?? ((as, c, body, headers) => client.ClientSecretBasic(c.client_secret)(as, c, body, headers)), options);

const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const url = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri,
  scope: 'openid profile email',
  state: expectedState,
  nonce: expectedNonce,
  max_age: '3600',
  resource: issuer,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  authorization_details: JSON.stringify([
    { type: 'penates_grant', actions: ['read'], selections: [{ type: 'io.cozy.bank.operations', fields: ['day', 'amount'] }], purpose: 'a budget check' },
  ]),
}, { DPoP });
const back = await browser(url);
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3600, idTokenExpected: true }, undefined, { DPoP });
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const read = (token) => client.fetchProtectedResource(config, token, new URL('/oidc/userinfo', issuer), 'GET', null, undefined, { DPoP })
  .then((r) => r.status, (e) => e.status ?? e.cause?.status ?? String(e));
const before = await read(fresh.access_token);
await client.tokenRevocation(config, fresh.refresh_token);
const after = await read(fresh.access_token);
let reused;
try {
  await client.refreshTokenGrant(config, fresh.refresh_token, undefined, { DPoP });
  reused = 'taken';
} catch (e) {
  reused = e.error;
}
console.log(JSON.stringify({
  issuer: config.serverMetadata().issuer, sub: claims.sub, nonce: claims.nonce === expectedNonce, auth_time: claims.auth_time,
  type: tokens.token_type, details: tokens.authorization_details, info, rotated: fresh.refresh_token !== tokens.refresh_token, before, after, reused,
}));
process.exit(0);
