// SPDX-License-Identifier: Apache-2.0
// asan
// Rules of spec/openid4vc.md 12 that only a whole issuance shows, each by its id: what it takes, and what it refuses.
import assert from 'node:assert/strict';
import { heard, inside, jwe, jweOpened, matchCode, offered, pair, preAuthorized, redeem, send, wallet } from './_country.mjs';

const claims = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
const secrets = []; // C-05: what no log may hold
const secret = (...texts) => { secrets.push(...texts.filter((t) => typeof t === 'string' && t.length > 5)); return texts[0]; };
const is = (got, code, error, status = 400) => assert.deepEqual([got.code, got.json?.error, got.status], [code, error, status], JSON.stringify(got.json));

await inside(async (country) => {
  const { base, citizens, clerk, post } = country;
  const mine = await wallet(country), other = await wallet(country);
  const get = (path, headers = []) => send({ url: base.issuer }, 'GET', path, headers);
  const credential = (headers, body, query = '') => send({ url: base.issuer }, 'POST', `/credential${query}`,
    [...headers, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(JSON.stringify(body))}`], Buffer.from(JSON.stringify(body)));
  const ask = async (w, parameters) => {
    const headers = await w.headers('/token');
    secret(...headers.map((h) => h.split(': ')[1]));
    const got = await redeem(country, headers, parameters);
    secret(got.json?.access_token, got.json?.refresh_token);
    return got;
  };
  const pre = (o, tx_code) => ({ grant_type: preAuthorized, 'pre-authorized_code': o.code, ...(tx_code !== undefined && { tx_code }) });
  const begun = async (who, w) => { const o = await offered(country, who, w), digits = await matchCode(country, o.id); secret(o.code, digits, o.path.split('/').pop()); return { ...o, digits }; };
  const wrong = (digits) => String((Number(digits) + 1) % 1000000).padStart(6, '0');

  // I-22: an offer's address is unguessable, of one dataset, says nothing of the person, and ends
  const first = await begun(citizens[0], mine), again = await get(first.path, await mine.known());
  assert.match(first.path, /^\/offer\/[A-Za-z0-9_-]{43}$/);
  assert.equal(again.status, 200);
  for (const t of [citizens[0].name, citizens[0].birth_date, citizens[0].person]) assert.ok(!JSON.stringify(again.json).includes(t), t);
  assert.deepEqual(Object.keys(again.json).sort(), ['credential_configuration_ids', 'credential_issuer', 'grants', 'jumin_ticket']);
  is(await get('/offer/' + first.path.split('/').pop().replace(/./, (c) => (c === 'A' ? 'B' : 'A'))), 'JM_VCI_OFFER_UNKNOWN', 'invalid_request', 404);

  // I-04: no client authentication, or that of nobody we know
  is(await redeem(country, [], pre(first, first.digits)), 'JM_OAUTH_ATTESTATION_MISSING', 'invalid_client', 401);
  const [, pop] = await mine.known();
  is(await redeem(country, [`OAuth-Client-Attestation: ${mine.attestation.split('.').map((p, i) => (i === 2 ? 'A'.repeat(86) : p)).join('.')}`, pop], pre(first, first.digits)),
    'JM_OAUTH_ATTESTATION_CHAIN', 'invalid_client', 401);

  // I-03: the match code missing, or where none is expected
  is(await ask(mine, pre(first)), 'JM_VCI_TX_CODE_MISSING', 'invalid_request');
  is(await ask(mine, { grant_type: 'refresh_token', refresh_token: 'A'.repeat(43), tx_code: '123456' }), 'JM_OAUTH_PARAMETER', 'invalid_request');

  // I-01, I-02: a wrong match code consumes nothing; of two parallel requests one token lives; a thief gets none; spent is spent
  assert.match(first.code, /^[A-Za-z0-9_-]{43}$/);
  is(await ask(mine, pre(first, wrong(first.digits))), 'JM_VCI_TX_CODE_WRONG', 'invalid_grant');
  const both = await Promise.all([ask(mine, pre(first, first.digits)), ask(mine, pre(first, first.digits)), ask(other, pre(first, first.digits))]);
  is(both[2], 'JM_VCI_TICKET_TAKEN', 'invalid_grant');
  const live = [];
  for (const t of both.filter((x) => x.status === 200).map((x) => x.json.access_token)) {
    const got = await credential(await mine.bearing('/credential', t), {});
    if (got.code !== 'JM_OAUTH_TOKEN_UNKNOWN') live.push(t);
  }
  assert.equal(live.length, 1);
  const [access] = live;

  // I-02: five wrong ones, however many at once, end the code even for the right digits
  const second = await begun(citizens[1], mine);
  const tried = await Promise.all(Array.from({ length: 9 }, () => ask(mine, pre(second, wrong(second.digits)))));
  const codes = tried.map((t) => t.code);
  assert.equal(codes.filter((c) => c === 'JM_VCI_TX_CODE_WRONG').length, 4, codes.join());
  assert.equal(codes.filter((c) => c === 'JM_VCI_TX_CODE_EXHAUSTED').length, 5, codes.join());
  is(await ask(mine, pre(second, second.digits)), 'JM_VCI_TX_CODE_EXHAUSTED', 'invalid_grant');

  // I-08: a token is its key's, in its header, by its scheme
  const want = { credential_configuration_id: 'resident-sdjwt' };
  is(await credential([], want, `?access_token=${access}`), 'JM_OAUTH_TOKEN_MISSING', 'invalid_token', 401);
  is(await credential([], { ...want, access_token: access }), 'JM_OAUTH_TOKEN_MISSING', 'invalid_token', 401);
  is(await credential([`Authorization: Bearer ${access}`], want), 'JM_OAUTH_TOKEN_SCHEME', 'invalid_token', 401);
  is(await credential(await other.bearing('/credential', access), want), 'JM_OAUTH_DPOP_BINDING', 'invalid_token', 401);

  // I-14: encryption is offered, not demanded; what is refused is told in the plain; no other key, algorithm or packing
  const offers = (await get('/.well-known/openid-credential-issuer')).json, { jwks: { keys: [theirs] } } = offers.credential_request_encryption;
  for (const o of [offers.credential_request_encryption, offers.credential_response_encryption])
    assert.deepEqual([o.enc_values_supported, o.encryption_required, o.zip_values_supported], [['A128GCM', 'A256GCM'], false, undefined]);
  assert.deepEqual([theirs.use, theirs.alg, theirs.d], ['enc', 'ECDH-ES', undefined]);
  const sealed = async (token, type = 'application/jwt') => send({ url: base.issuer }, 'POST', '/credential', [...await mine.bearing('/credential', access), `Content-Type: ${type}`, `Content-Length: ${token.length}`], Buffer.from(token));
  const mineToo = pair(), answerTo = { ...mineToo.jwk, alg: 'ECDH-ES', use: 'enc', kid: 'k1' };
  const asking = (encryption, more = {}) => JSON.stringify({ ...want, credential_response_encryption: encryption, ...more });
  const unfit = async (got) => is(await got, 'JM_VCI_ENCRYPTION', 'invalid_encryption_parameters');
  await unfit(credential(await mine.bearing('/credential', access), JSON.parse(asking({ jwk: answerTo, enc: 'A128GCM' })))); // who could read it could change the key
  for (const [token, what] of [[jwe({ ...theirs, kid: 'older' }, asking()), 'kid'], [jwe({ ...theirs, kid: undefined }, asking()), 'no kid'], [jwe({ ...pair().jwk, kid: theirs.kid }, asking()), 'another key'],
    [jwe(theirs, asking(), { zip: 'DEF' }), 'zip'], [jwe(theirs, asking(), { alg: 'RSA1_5' }), 'RSA1_5'], [jwe(theirs, asking(), { epk: { ...mineToo.jwk, y: mineToo.jwk.x } }), 'off the curve'],
    [jwe(theirs, asking()).slice(0, -2), 'cut'], ['{}', 'no JWE']]) await unfit(sealed(token), what);
  for (const wrongly of [{ jwk: answerTo }, { enc: 'A128GCM' }, { jwk: answerTo, enc: 'A128CBC-HS256' }, { jwk: answerTo, enc: 'A128GCM', zip: 'DEF' }, { jwk: { ...answerTo, alg: 'RSA-OAEP' }, enc: 'A128GCM' },
    { jwk: { ...answerTo, alg: undefined }, enc: 'A128GCM' }, { jwk: mineToo.key.export({ format: 'jwk' }), enc: 'A128GCM' }, { jwk: { ...answerTo, y: answerTo.x }, enc: 'A128GCM' }])
    await unfit(sealed(jwe(theirs, asking(wrongly))), JSON.stringify(wrongly));
  is(await sealed(jwe(theirs, '{}')), 'JM_VCI_REQUEST_FORM', 'invalid_credential_request');
  for (const enc of ['A128GCM', 'A256GCM']) { // a plain error to a request that would have had its answer sealed
    const no = await sealed(jwe(theirs, asking({ jwk: answerTo, enc }, { proofs: (await mine.attestedKey('A'.repeat(54))).proofs }), { enc }));
    is(no, 'JM_VCI_NONCE', 'invalid_nonce');
    assert.match(no.headers['content-type'], /json/);
    const yes = await sealed(jwe(theirs, asking({ jwk: answerTo, enc }, { proofs: (await mine.attestedKey((await mine.nonces()).c)).proofs }), { enc }));
    assert.deepEqual([yes.status, yes.headers['content-type']], [200, 'application/jwt']);
    const { credentials, notification_id } = JSON.parse(jweOpened(yes.text, mineToo.key));
    assert.ok(credentials.length && notification_id);
    secret(credentials[0].credential);
  }
  const halfway = await sealed(jwe(theirs, asking(undefined, { proofs: (await mine.attestedKey((await mine.nonces()).c)).proofs })));
  assert.ok(halfway.json?.credentials.length, 'sealed on the way there, plain back');

  // I-09: a nonce that is foreign, none, or spent
  is(await credential(await mine.bearing('/credential', access), { ...want, proofs: (await mine.attestedKey('A'.repeat(54))).proofs }), 'JM_VCI_NONCE', 'invalid_nonce');
  is(await credential(await mine.bearing('/credential', access), { ...want, proofs: (await mine.attestedKey('')).proofs }), 'JM_VCI_PROOF_NONCE_MISSING', 'invalid_proof');

  // I-20, I-19: whose card it is and what stands in it, the case says and nobody else
  const nonce = (await mine.nonces()).c, { proofs } = await mine.attestedKey(nonce), later = await mine.attestedKey(nonce);
  secret(...proofs.attestation, ...later.proofs.attestation);
  const issued = await credential(await mine.bearing('/credential', access),
    { ...want, proofs, person: citizens[1].person, claims: { full_name: 'Somebody Else' }, issuer_state: 'x', credential_identifiers: [citizens[1].person] });
  assert.equal(issued.status, 200, JSON.stringify(issued.json));
  const card = issued.json.credentials[0].credential;
  secret(card, issued.json.jumin_loss_code);
  const shown = Object.fromEntries(card.split('~').slice(1, -1).map((d) => JSON.parse(Buffer.from(d, 'base64url')).slice(1)).filter((d) => d.length === 2));
  assert.ok(Object.values(shown).includes(citizens[0].name), JSON.stringify(shown));
  assert.ok(!JSON.stringify(shown).includes('Somebody Else') && !Object.values(shown).includes(citizens[1].name));
  is(await credential(await mine.bearing('/credential', access), { ...want, proofs: later.proofs }), 'JM_VCI_NONCE', 'invalid_nonce'); // I-09: spent
  is(await ask(mine, pre(first, first.digits)), 'JM_VCI_CODE_USED', 'invalid_grant'); // I-01: replayed

  // I-22: redeemed, it is gone
  is(await get(first.path, await mine.known()), 'JM_VCI_OFFER_GONE', 'invalid_request', 410);

  // I-21: metadata say whose they are, in both forms; no address leads elsewhere
  const plain = await get('/.well-known/openid-credential-issuer'), signed = await fetch(`${base.issuer}/.well-known/openid-credential-issuer`, { headers: { Accept: 'application/jwt' } });
  const jwt = await signed.text(), said = claims(jwt), head = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
  assert.deepEqual([plain.json.credential_issuer, said.sub, said.credential_issuer, head.typ], [base.issuer, base.issuer, base.issuer, 'openidvci-issuer-metadata+jwt']);
  assert.ok(said.exp > Date.now() / 1000 && said.exp - said.iat <= 86400, `${said.iat} ${said.exp}`);
  const { sub, iat, exp, ...rest } = said;
  assert.deepEqual(rest, plain.json);
  for (const [k, v] of Object.entries(plain.json)) if (/endpoint$/.test(k)) assert.ok(v.startsWith(`${base.issuer}/`), `${k} ${v}`);
  assert.equal((await get('/.well-known/openid-credential-issuer/elsewhere')).status, 404);

  // I-24: 16 kB of headers are read, beyond the limit is 431
  assert.equal((await get('/healthz', [`X-Long: ${'a'.repeat(16384)}`])).status, 200);
  for (const long of [[`X-Long: ${'a'.repeat(33000)}`], Array.from({ length: 3 }, (_, i) => `X-Long-${i}: ${'a'.repeat(11000)}`)])
    assert.equal((await get('/healthz', long)).status, 431);

  // I-23: what is written in no good form is 400, and the role goes on
  for (const body of ['{"a":1,"a":1}', `${'['.repeat(40)}${']'.repeat(40)}`, '{"a":"\u0000"}', '\ud800'])
    assert.equal((await send({ url: base.issuer }, 'POST', '/loss', ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`], Buffer.from(body))).status, 400);
  assert.equal((await get('/healthz')).status, 200);

  // C-05: of all that, refused or not, no log has a word
  await post(base.issuer, '/loss', JSON.stringify({ loss_code: secret('0123456789ABCDEFGHJKM'), what: 'phone' }));
  await post(base.issuer, '/desk/persons/find', JSON.stringify({ reason: 'C-05', name: secret(citizens[2].name), birth_date: citizens[2].birth_date }), clerk);
  const log = heard();
  assert.match(log, /JM_VCI_TX_CODE_EXHAUSTED/);
  for (const t of [...secrets, ...citizens.map((c) => c.name), ...clerk.map((h) => h.split('Bearer ')[1])]) assert.ok(!log.includes(t), `a log says ${t}`);
  console.log(`${secrets.length} secrets, ${log.length} octets of log`);
});
