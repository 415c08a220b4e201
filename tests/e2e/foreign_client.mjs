// SPDX-License-Identifier: Apache-2.0
// asan
// A wallet that is not ours, by a library that knows nothing of us: offer, pushed request, the sign-in page, code, token, both formats. And what
// the page and the address behind it refuse.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { at, heard, inside, jwe, jweOpened, jws, pair, reread, run, send, wallet } from './_country.mjs';

globalThis.crypto ??= webcrypto; // Node 18
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { Openid4vciClient, setGlobalConfig } = await import(pathToFileURL(require.resolve('@openid4vc/openid4vci')));
setGlobalConfig({ allowInsecureUrls: true }); // loopback
const back = 'https://wallet.example/back?kept=1';
const hidden = (html) => Object.fromEntries([...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, n, v]) => [n, v.replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')]));

await inside(async (country) => {
  const { base, citizens } = country, [holder, second] = citizens, issuer = base.issuer;
  writeFileSync(at('word'), 'a word of practice\n');
  for (const [name, who] of [['kim', holder], ['lee', second]]) run('a', 'register', 'login', '--person', who.person, '--name', name, '--password-file', at('word'));

  // -- a client, and what it signs with ---------------------------------------------------------------------------------------
  const client = async () => {
    const mine = await wallet(country), keys = new Map([[mine.dpop.jwk.x, mine.dpop.key]]), asked = [];
    const callbacks = {
      fetch: async (url, init) => { asked.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`); return fetch(url, init); },
      hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
      generateRandom: (n) => randomBytes(n),
      signJwt: async (signer, { header, payload }) => ({ jwt: jws(header, payload, keys.get(signer.publicJwk.x)), signerJwk: signer.publicJwk }),
      clientAuthentication: async ({ headers, body }) => {
        for (const h of await mine.known()) headers.set(...h.split(': '));
        body.client_id = mine.product;
      },
    };
    return { ...mine, keys, asked, vci: new Openid4vciClient({ callbacks }), signer: { method: 'jwk', alg: 'ES256', publicJwk: mine.dpop.jwk } };
  };
  // What a browser does: the page, then its form.
  const open = (url, headers = {}) => fetch(url, { redirect: 'manual', headers });
  const fill = async (url, said, { cookie, extra = {}, headers = {} } = {}) => {
    const page = await open(url), html = await page.text(), mark = cookie ?? page.headers.get('set-cookie')?.split(';')[0];
    return fetch(`${issuer}/authorize`, { method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...(mark && { Cookie: mark }), ...headers },
      body: new URLSearchParams({ ...hidden(html), ...said, ...extra }) });
  };
  const yes = (login) => ({ login, password: 'a word of practice', decision: 'approve' });
  const begin = async (c, more = {}) => {
    const offer = await c.vci.resolveCredentialOffer(`openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${issuer}/offer`)}`);
    const metadata = await c.vci.resolveIssuerMetadata(offer.credential_issuer);
    const flow = await c.vci.createAuthorizationRequestUrlFromOffer({ credentialOffer: offer, issuerMetadata: metadata, clientId: c.product, redirectUri: back, scope: offer.credential_configuration_ids.join(' '), dpop: { signer: c.signer }, ...more });
    return { offer, metadata, flow };
  };
  const finish = (c, { offer, metadata, flow }, code) => c.vci.retrieveAuthorizationCodeAccessTokenFromOffer({ issuerMetadata: metadata, credentialOffer: offer, authorizationCode: code, pkceCodeVerifier: flow.pkce?.codeVerifier, redirectUri: back, dpop: { signer: c.signer } });
  const credential = async (c, { metadata }, tokens, id) => {
    const { c_nonce } = await c.vci.requestNonce({ issuerMetadata: metadata }), { proofs } = await c.attestedKey(c_nonce);
    return c.vci.retrieveCredentials({ issuerMetadata: metadata, credentialConfigurationId: id, accessToken: tokens.accessTokenResponse.access_token, proofs, dpop: { signer: c.signer, nonce: (await c.nonces()).dpop } });
  };

  // -- the whole way, both formats ----------------------------------------------------------------------------------------------
  const c = await client(), f = await begin(c);
  assert.ok(c.asked.includes('POST /par'), c.asked.join(', '));
  assert.deepEqual([...new URL(f.flow.authorizationRequestUrl).searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const done = await fill(f.flow.authorizationRequestUrl, yes('kim'));
  assert.equal(done.status, 303, await done.text());
  const to = new URL(done.headers.get('location'));
  assert.deepEqual([to.origin, to.searchParams.get('kept'), to.searchParams.get('iss'), to.searchParams.get('state')], ['https://wallet.example', '1', issuer, null]);
  const answer = c.vci.parseAndVerifyAuthorizationResponseRedirectUrl({ url: to.href, authorizationServerMetadata: f.metadata.authorizationServers[0] });
  const tokens = await finish(c, f, answer.code);
  const got = {};
  for (const id of f.offer.credential_configuration_ids) got[id] = (await credential(c, f, tokens, id)).credentialResponse.credentials;
  assert.deepEqual(Object.keys(got), ['photoid-mdoc', 'resident-sdjwt']);
  const claims = JSON.parse(Buffer.from(got['resident-sdjwt'][0].credential.split('.')[1], 'base64url'));
  assert.equal(claims.vct, 'urn:jumin:kr:resident:1');
  const disclosed = got['resident-sdjwt'][0].credential.split('~').slice(1, -1).map((d) => JSON.parse(Buffer.from(d, 'base64url')));
  assert.ok(disclosed.some(([, name, value]) => name === 'birth_date' || value === holder.birth_date), 'the dataset is of who signed in');
  assert.equal(disclosed.find(([, name]) => name === 'issuance_level')?.[2], 1, 'nobody stood at a desk: D-310');
  assert.ok(Buffer.from(got['photoid-mdoc'][0].credential, 'base64url').length > 2000);

  // I-16: what became of a batch: its own wallet says it, once is as good as twice; copies that were not kept are nobody's
  const notify = (c, f, tokens, notification, nonce) => c.vci.sendNotification({ issuerMetadata: f.metadata, accessToken: tokens.accessTokenResponse.access_token, notification, dpop: { signer: c.signer, nonce } });
  const batch = (await credential(c, f, tokens, 'resident-sdjwt')).credentialResponse;
  const told = async (who, event, id = batch.notification_id) => notify(who, f, tokens, { notificationId: id, event }, (await who.nonces()).dpop);
  for (const event of ['credential_accepted', 'credential_accepted']) await told(c, event);
  await assert.rejects(told(c, 'credential_accepted', 'A'.repeat(43)), /sending notification/);
  const plain = async (body) => { const { dpop } = await c.nonces(), text = JSON.stringify(body), token = tokens.accessTokenResponse.access_token;
    return send({ url: issuer }, 'POST', '/notification', [`Authorization: DPoP ${token}`, c.proof('/notification', dpop, token), 'Content-Type: application/json', `Content-Length: ${text.length}`], Buffer.from(text)); };
  assert.deepEqual([(await plain({ notification_id: 'A'.repeat(43), event: 'credential_accepted' })).json.error], ['invalid_notification_id']);
  for (const bad of [{ notification_id: batch.notification_id, event: 'credential_lost' }, { notification_id: batch.notification_id }, { event: 'credential_accepted' }, []])
    assert.deepEqual([(await plain(bad)).code, (await plain(bad)).json.error], ['JM_VCI_NOTIFICATION_FORM', 'invalid_notification_request']);
  const indices = (list) => list.map(({ credential }) => JSON.parse(Buffer.from(credential.split('.')[1], 'base64url')).status.status_list.idx);
  const invalid = () => JSON.parse(execFileSync('python3', ['-c', 'import sqlite3,sys,json; print(json.dumps([r[0] for r in sqlite3.connect(sys.argv[1],timeout=10).execute("SELECT idx FROM status_index WHERE invalid = 1")]))', at('a/issuer/issuer.db')], { encoding: 'utf8' }));
  for (const idx of indices(batch.credentials)) assert.ok(!invalid().includes(idx));
  assert.equal((await plain({ notification_id: batch.notification_id, event: 'credential_failure', event_description: 'no room', more: 1 })).status, 204);
  for (const idx of indices(batch.credentials)) assert.ok(invalid().includes(idx));
  for (const idx of indices(got['resident-sdjwt'])) assert.ok(!invalid().includes(idx), 'and no other batch');

  // the same offer by value, as a poster has it
  const { offer: poster } = JSON.parse(run('a', 'offer', '--by-value', '--qr', at('poster.png'), '--json'));
  assert.match(poster, /^openid-credential-offer:\/\/\?credential_offer=%7B/);
  assert.deepEqual(await c.vci.resolveCredentialOffer(poster), f.offer);
  assert.equal(JSON.parse(run('a', 'offer', '--json')).offer, `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${issuer}/offer`)}`);

  // a suite's person has a card on each of many phones, until they are like everybody again
  const signed = async () => {
    const one = await client(), begun = await begin(one), came = new URL((await fill(begun.flow.authorizationRequestUrl, yes('park'))).headers.get('location'));
    const given = await finish(one, begun, came.searchParams.get('code')), fetched = () => credential(one, begun, given, 'resident-sdjwt');
    await fetched();
    return fetched;
  };
  const suite = (...more) => run('a', 'register', 'login', '--person', citizens[2].person, '--name', 'park', '--password-file', at('word'), ...more);
  suite('--many-phones');
  const many = [await signed(), await signed(), await signed()];
  for (const fetched of many) await fetched();
  suite();
  const only = await signed();
  for (const fetched of many) await assert.rejects(fetched(), /credential_request_denied|invalid_token/);
  await only();

  // a second phone: the first one's card ends in the same moment (D-240), and its code is no use twice
  const c2 = await client(), f2 = await begin(c2), to2 = new URL((await fill(f2.flow.authorizationRequestUrl, yes('kim'))).headers.get('location'));
  const tokens2 = await finish(c2, f2, to2.searchParams.get('code'));
  await credential(c, f, tokens, 'resident-sdjwt'); // until the new one has its first copy, the old one works
  await credential(c2, f2, tokens2, 'resident-sdjwt');
  await assert.rejects(credential(c, f, tokens, 'resident-sdjwt'), /credential_request_denied|invalid_token/);
  await assert.rejects(finish(c2, f2, to2.searchParams.get('code')), /invalid_grant/);
  await assert.rejects(credential(c2, f2, tokens2, 'resident-sdjwt'), /invalid_token/, 'I-05: reuse revokes');

  // details instead of scopes: asked for by identifier
  const details = [{ type: 'openid_credential', credential_configuration_id: 'resident-sdjwt' }];
  const c3 = await client(), f3 = await begin(c3, { scope: undefined, additionalRequestPayload: { authorization_details: details } });
  const to3 = new URL((await fill(f3.flow.authorizationRequestUrl, yes('lee'))).headers.get('location'));
  const { accessTokenResponse: t3 } = await finish(c3, f3, to3.searchParams.get('code'));
  assert.deepEqual(t3.authorization_details, [{ type: 'openid_credential', credential_configuration_id: 'resident-sdjwt', credential_identifiers: ['resident-sdjwt:card'] }]);

  // -- what the door refuses ------------------------------------------------------------------------------------------------------
  const post = async (path, fields, headers) => { const body = new URLSearchParams(fields).toString(); return send({ url: issuer }, 'POST', path, [...headers, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body)); };
  const pkce = randomBytes(32).toString('base64url'), challenge = createHash('sha256').update(pkce).digest('base64url');
  const fields = { response_type: 'code', client_id: c.product, redirect_uri: back, code_challenge: challenge, code_challenge_method: 'S256', scope: 'resident-sdjwt', state: 'a b&c' };
  const is = (r, code, error, status = 400) => assert.deepEqual([r.code, r.json?.error, r.status], [code, error, status], JSON.stringify(r.json));
  const pushed = async (w, over = {}, headers) => post('/par', Object.fromEntries(Object.entries({ ...fields, ...over }).filter(([, v]) => v !== undefined)), headers ?? await w.headers('/par'));
  assert.equal((await pushed(c)).status, 201);
  is(await pushed(c, {}, []), 'JM_OAUTH_ATTESTATION_MISSING', 'invalid_client', 401);
  is(await pushed(c, { code_challenge: undefined }), 'JM_OAUTH_PKCE', 'invalid_request'); // downgrade
  is(await pushed(c, { code_challenge_method: 'plain' }), 'JM_OAUTH_PKCE', 'invalid_request');
  is(await pushed(c, { redirect_uri: 'javascript:alert(1)' }), 'JM_OAUTH_REDIRECT_URI', 'invalid_request');
  is(await pushed(c, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }), 'JM_OAUTH_REQUEST_PUSHED', 'invalid_request');
  is(await pushed(c, { client_id: 'other' }), 'JM_OAUTH_CLIENT_ID', 'invalid_client', 401);
  is(await pushed(c, { response_type: 'token' }), 'JM_OAUTH_RESPONSE_TYPE', 'unsupported_response_type');
  is(await pushed(c, { scope: 'nothing' }), 'JM_OAUTH_SCOPE', 'invalid_scope');
  is(await pushed(c, { authorization_details: '[{"type":"x"}]' }), 'JM_OAUTH_DETAILS', 'invalid_authorization_details');
  is(await pushed(c, { dpop_jkt: 'A'.repeat(43) }), 'JM_OAUTH_DPOP_JKT', 'invalid_dpop_proof');
  const proof = await c.headers('/par');
  assert.equal((await pushed(c, {}, proof)).status, 201);
  is(await pushed(c, {}, [...(await c.known()), proof[2]]), 'JM_OAUTH_DPOP_REPLAYED', 'invalid_dpop_proof');

  // -- and the page ------------------------------------------------------------------------------------------------------------------
  const address = async (w = c) => `${issuer}/authorize?client_id=${encodeURIComponent(w.product)}&request_uri=${encodeURIComponent((await pushed(w)).json.request_uri)}`;
  const url = await address(), page = await open(url);
  assert.deepEqual([page.status, page.headers.get('cache-control'), page.headers.get('referrer-policy')], [200, 'no-store', 'same-origin']);
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'.*form-action 'self' https:\/\/wallet\.example$/);
  assert.match(page.headers.get('set-cookie'), /^__Host-jumin-authorize=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  const text = async (r, status, word) => { assert.equal(r.status, status); const t = await r.text(); assert.match(t, word); return t; };
  // what a form was refused for stands on the page that it leads back to
  const refused = async (r, word) => { assert.equal(r.status, 303); const to = new URL(r.headers.get('location'), `${issuer}/authorize`); assert.equal(to.origin, issuer); return text(await open(to.href), 200, word); };
  // nobody is sent anywhere by an address that was not pushed: no open redirect
  for (const bad of [`${issuer}/authorize`, `${issuer}/authorize?client_id=${c.product}&redirect_uri=https%3A%2F%2Fthief.example&response_type=code`, url.slice(0, -1), url.replace(c.product, 'other')]) {
    const r = await open(bad);
    assert.equal(r.headers.get('location'), null);
    const t = await text(r, 400, /JM_OAUTH_REQUEST_URI/);
    assert.doesNotMatch(t, /<form|thief/);
  }
  await refused(await fill(url, { ...yes('kim'), password: 'another' }), /JM_OAUTH_LOGIN/);
  await refused(await fill(url, yes('<b>nobody"')), /JM_OAUTH_LOGIN/);
  assert.doesNotMatch(await text(await open(`${url}&wrong=JM_VCI_CLOCK`), 200, /<form/), /role="alert"/); // nobody makes it say what it would not
  assert.match(await text(await open(`${url}&wrong=JM_VCI_CARD_NOT_ACTIVE`), 200, /role="alert"/), /JM_VCI_CARD_NOT_ACTIVE/); // whose card is held
  // session fixation: the form goes with the cookie that it came with, and with no other
  await refused(await fill(url, yes('kim'), { cookie: `__Host-jumin-authorize=${'A'.repeat(43)}` }), /JM_OAUTH_PAGE/);
  await refused(await fill(url, yes('kim'), { cookie: 'x=1' }), /JM_OAUTH_PAGE/);
  await refused(await fill(url, yes('kim'), { extra: { page: 'A'.repeat(43) } }), /JM_OAUTH_PAGE/);
  await refused(await fill(url, yes('kim'), { extra: { request_uri: new URL(await address()).searchParams.get('request_uri') } }), /JM_OAUTH_PAGE/);
  assert.equal((await fill(url, yes('kim'), { headers: { Origin: 'https://thief.example' } })).status, 403);
  await text(await open(url, { 'Accept-Language': 'en-GB,ko;q=0.5' }), 200, /Add the mobile card/);
  await text(await open(url, { 'Accept-Language': 'ko,en;q=0.5' }), 200, /지갑에 담기/);
  // declined: the wallet hears it, with iss
  const no = new URL((await fill(url, { decision: 'deny' })).headers.get('location'));
  assert.deepEqual([no.searchParams.get('error'), no.searchParams.get('iss'), no.searchParams.get('state')], ['access_denied', issuer, 'a b&c']);
  await text(await open(url), 400, /JM_OAUTH_REQUEST_URI/); // decided once

  // a code that somebody else's wallet got into its hands
  const theirs = new URL((await fill(await address(), yes('lee'))).headers.get('location')).searchParams.get('code');
  const other = await client(), redeem = async (w, over = {}, headers) => post('/token', { grant_type: 'authorization_code', code: theirs, redirect_uri: back, code_verifier: pkce, ...over }, headers ?? await w.headers('/token'));
  is(await redeem(other), 'JM_OAUTH_CODE_BINDING', 'invalid_grant');
  is(await redeem(c, { code_verifier: 'A'.repeat(43) }), 'JM_OAUTH_PKCE_WRONG', 'invalid_grant');
  is(await redeem(c, { redirect_uri: 'https://wallet.example/back' }), 'JM_OAUTH_REDIRECT_OTHER', 'invalid_grant');
  is(await redeem(c, { code: 'A'.repeat(43) }), 'JM_OAUTH_CODE', 'invalid_grant');
  const key = pair(), nonce = (await c.nonces()).dpop;
  is(await redeem(c, {}, [...(await c.known()), c.proof('/token', nonce, undefined, {}, key)]), 'JM_OAUTH_CODE_BINDING', 'invalid_grant');
  assert.equal((await redeem(c)).status, 200);

  // -- deferred (I-15): where a country wants it so, a clerk looks at who signed in from afar ---------------------------------------
  const conf = readFileSync(at('a/jumin.conf'), 'utf8');
  writeFileSync(at('a/jumin.conf'), conf.replace('[issuer]\n', '[issuer]\nsign_in = REVIEW\n'));
  await reread();
  const rows = (sql) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=10); print(c.execute(sys.argv[2]).fetchall()); c.commit()', at('a/issuer/issuer.db'), sql], { encoding: 'utf8' }).trim();
  const granted = async (login) => { const w = await client(), f = await begin(w), to = new URL((await fill(f.flow.authorizationRequestUrl, yes(login))).headers.get('location'));
    const { accessTokenResponse: { access_token: token } } = await finish(w, f, to.searchParams.get('code')); return { ...w, token, metadata: f.metadata }; };
  const ask = async (w, path, body, token = w.token) => { const sealed = typeof body === 'string', text = sealed ? body : JSON.stringify(body);
    return send({ url: issuer }, 'POST', path, [...await w.bearing(path, token), `Content-Type: application/${sealed ? 'jwt' : 'json'}`, `Content-Length: ${text.length}`], Buffer.from(text)); };
  const wanted = async (w, more = {}) => ({ credential_configuration_id: 'resident-sdjwt', proofs: (await w.attestedKey((await w.nonces()).c)).proofs, ...more });
  const desk = (...words) => JSON.parse(run('a', 'desk', words[0], '--as', at('kim.key'), ...words.slice(1), '--json'));
  const w1 = await granted('kim'), later = await ask(w1, '/credential', await wanted(w1));
  assert.deepEqual([later.status, Object.keys(later.json).sort(), later.json.interval], [202, ['interval', 'transaction_id'], 5]);
  const id = later.json.transaction_id, again = (w, transaction_id = id, more = {}) => ask(w, '/deferred_credential', { transaction_id, ...more });
  const w2 = await granted('lee'), none = (r) => is(r, 'JM_VCI_TRANSACTION', 'invalid_transaction_id');
  none(await again(w2)); // another subject's
  none(await again(w1, 'A'.repeat(43)));
  is(await ask(w1, '/deferred_credential', {}), 'JM_VCI_REQUEST_FORM', 'invalid_credential_request');
  const first = await again(w1);
  assert.deepEqual([first.status, first.json], [202, { transaction_id: id, interval: 5 }]); // the same id
  // a clerk of the person's own municipality, under a reason, once
  const { applications } = desk('applications'), mineOf = (who) => applications.find((a) => a.person === who.person);
  assert.ok(mineOf(holder) && mineOf(second));
  desk('decide', mineOf(holder).case, 'yes', '--reason', 'known here');
  assert.throws(() => desk('decide', mineOf(holder).case, 'no', '--reason', 'after all'), /JM_DESK_CASE_ENDED/);
  assert.equal((await again(w1)).status, 202); // too fast: nothing is looked at
  rows('UPDATE deferred SET asked = 0');
  // the answer may be sealed to another key than the first's, in a sealed request alone, and that is noted
  const to2nd = pair(), sealTo = { jwk: { ...to2nd.jwk, alg: 'ECDH-ES', kid: 'k2' }, enc: 'A256GCM' };
  is(await again(w1, id, { credential_response_encryption: sealTo }), 'JM_VCI_ENCRYPTION', 'invalid_encryption_parameters');
  const { jwks: { keys: [sealed] } } = (await send({ url: issuer }, 'GET', '/.well-known/openid-credential-issuer', [])).json.credential_request_encryption;
  const opened = await ask(w1, '/deferred_credential', jwe(sealed, JSON.stringify({ transaction_id: id, credential_response_encryption: sealTo })));
  assert.deepEqual([opened.status, opened.headers['content-type']], [200, 'application/jwt']);
  const had = JSON.parse(jweOpened(opened.text, to2nd.key));
  assert.ok(had.credentials.length >= 1 && had.notification_id && had.jumin_loss_code);
  assert.match(rows("SELECT count(*) FROM audit WHERE act = 'DEFERRED_KEY'"), /\(1,/);
  none(await again(w1)); // once
  // a no is a no, and to what waits as well
  const other2 = await ask(w2, '/credential', await wanted(w2));
  assert.equal(other2.status, 202);
  desk('decide', mineOf(second).case, 'no', '--reason', 'nobody knows them');
  is(await again(w2, other2.json.transaction_id), 'JM_VCI_CASE_ENDED', 'credential_request_denied');
  writeFileSync(at('a/jumin.conf'), conf);
  await reread();

  assert.doesNotMatch(heard('a'), new RegExp(`${theirs}|a word of practice|${pkce}`)); // C-05
});
