// SPDX-License-Identifier: Apache-2.0
// serial asan
// What the issuer, its desk and the provider say to callers who are somebody and still may not: replays, foreign keys,
// codes used, wrong, too early and too often, cases and cards that have ended. Each refusal by its own code.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { at, clerkKey, end, heard, hears, inside, jws, matchCode, now, offered, pair, preAuthorized, program, redeem, send, serve, staffSignature, wallet } from './_country.mjs';

let n = 0;
function is(got, code, http) {
  n++;
  assert.equal(got.code, code, JSON.stringify(got));
  assert.ok(got.status >= 400 && got.status < 500, JSON.stringify(got));
  if (http) assert.equal(got.status, http, JSON.stringify(got));
}

await inside(async (country) => {
  const { base, clerk, citizens } = country;
  const post = (url, path, body, headers = []) => send({ url }, 'POST', path,
    [...headers, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(JSON.stringify(body))}`], Buffer.from(JSON.stringify(body)));
  const get = (path, headers = []) => send({ url: base.issuer }, 'GET', path, headers);
  const mine = await wallet(country), thief = await wallet(country);
  const pre = (o, tx_code, more = {}) => ({ grant_type: preAuthorized, 'pre-authorized_code': o.code, ...(tx_code && { tx_code }), ...more });

  // -- the provider: whose instance, whose keys
  const attest = async (claims, keys, by = pair()) => post(base.provider, '/provider/attest', { proof: jws({ typ: 'jumin-instance+jwt', jwk: by.jwk },
    { aud: base.provider, challenge: (await post(base.provider, '/provider/challenge', {})).json.challenge, iat: now(), platform: 'test', ...claims }, by.key), ...(keys && { keys }) });
  is(await attest({ challenge: 'AAAA' }), 'JM_PROVIDER_CHALLENGE');
  is(await attest({ aud: 'https://other.example' }), 'JM_PROVIDER_PROOF');
  is(await attest({ iat: now() + 300 }), 'JM_PROVIDER_CLOCK');
  assert.equal((await attest({ iat: now() + 45 })).status, 200);
  is(await post(base.provider, '/provider/attest', { proof: 'a.b.c' }), 'JM_PROVIDER_PROOF');
  is(await attest({}, 'a.b.c'), 'JM_PROVIDER_KEYS');
  is(await attest({}, ['a.b.c']), 'JM_PROVIDER_PROOF');

  // -- an instance that is withdrawn: by the operator over the control socket, by nobody else
  const lost = pair(), jktOf = ({ jwk }) => createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`).digest('base64url');
  const withdraw = (jkt) => spawnSync(program, ['--home', at('a'), '--json', 'provider', 'withdraw', '--', jkt], { encoding: 'utf8' });
  const door = (bearer, jkt) => send({ path: at('a/run/provider/provider.sock') }, 'POST', '/local/withdraw', [...bearer, 'Content-Type: application/json',
    `Content-Length: ${JSON.stringify({ jkt }).length}`], Buffer.from(JSON.stringify({ jkt })));
  const secret = [`Authorization: Bearer ${country.secret('a')}`];
  assert.equal((await attest({}, undefined, lost)).status, 200);
  for (const [bearer, code, jkt] of [[[], 'JM_PROVIDER_OPERATOR', jktOf(lost)], [['Authorization: Bearer AAAA'], 'JM_PROVIDER_OPERATOR', jktOf(lost)],
    [secret, 'JM_API_FIELD_FORM', 'AAAA'], [secret, 'JM_PROVIDER_INSTANCE', jktOf(pair())]]) is(await door(bearer, jkt), code);
  for (const [jkt, status, code] of [['AAAA', 2, 'JM_CMD_OPERANDS'], [jktOf(pair()), 1, 'JM_PROVIDER_INSTANCE']]) {
    assert.equal(withdraw(jkt).status, status);
    assert.match(withdraw(jkt).stderr, new RegExp(code));
  }
  assert.equal((await attest({}, undefined, lost)).status, 200);
  assert.deepEqual(JSON.parse(withdraw(jktOf(lost)).stdout), { withdrawn: jktOf(lost) });
  is(await attest({}, undefined, lost), 'JM_PROVIDER_WITHDRAWN');
  assert.equal(withdraw(jktOf(lost)).status, 0);

  // -- client attestation and DPoP
  const offer = await offered(country, citizens[0], mine);
  const form = pre(offer, '000000'), fresh = await mine.nonces();
  const known = await mine.known();
  is(await redeem(country, known, form), 'JM_OAUTH_DPOP_MISSING');
  is(await redeem(country, [...known, mine.proof('/token', fresh.dpop)], form), 'JM_OAUTH_POP_REPLAYED', 401);
  is(await redeem(country, [`OAuth-Client-Attestation: ${mine.attestation}`, mine.pop({}), mine.proof('/token', fresh.dpop)], form), 'JM_OAUTH_CHALLENGE');
  is(await redeem(country, [`OAuth-Client-Attestation: ${mine.attestation}`, thief.pop({ challenge: fresh.challenge }), mine.proof('/token', fresh.dpop)], form), 'JM_OAUTH_POP_SIGNATURE');
  for (const [off, way] of [[300, 'ahead of'], [-300, 'behind']]) { // a phone's clock: which, and by how much
    const apart = await redeem(country, [`OAuth-Client-Attestation: ${mine.attestation}`, mine.pop({ challenge: fresh.challenge, iat: now() + off }), mine.proof('/token', fresh.dpop)], form);
    is(apart, 'JM_OAUTH_POP_TIME', 401);
    assert.match(apart.json.error_description, new RegExp(`clock.*iat lies (299|300|301) s ${way} the clock here`));
  }
  const stale = await redeem(country, [...(await mine.known()), mine.proof('/token', 'AAAA')], form);
  is(stale, 'JM_OAUTH_DPOP_NONCE');
  assert.ok(stale.headers['dpop-nonce']);
  is(await redeem(country, [...(await mine.known()), mine.proof('/token', fresh.dpop, null, { htm: 'GET' })], form), 'JM_OAUTH_DPOP_METHOD');
  is(await redeem(country, [...(await mine.known()), mine.proof('/credential', fresh.dpop)], form), 'JM_OAUTH_DPOP_URI');
  const once = mine.proof('/token', (await mine.nonces()).dpop);
  is(await redeem(country, [...(await mine.known()), once], { grant_type: 'password' }), 'JM_OAUTH_GRANT_TYPE');
  is(await redeem(country, [...(await mine.known()), once], form), 'JM_OAUTH_DPOP_REPLAYED');

  // -- the match code: too early, wrong, none
  const ask = async (w, parameters) => redeem(country, await w.headers('/token'), parameters);
  is(await ask(mine, form), 'JM_VCI_TX_CODE_NOT_READY', 400);
  const digits = await matchCode(country, offer.id), other = String((Number(digits) + 1) % 1000000).padStart(6, '0');
  is(await ask(mine, pre(offer)), 'JM_VCI_TX_CODE_MISSING');
  is(await ask(mine, { grant_type: preAuthorized, tx_code: digits }), 'JM_OAUTH_PARAMETER');
  is(await ask(mine, { ...form, 'pre-authorized_code': 'A'.repeat(43) }), 'JM_VCI_CODE_UNKNOWN');
  is(await ask(mine, pre(offer, digits, { client_id: 'somebody' })), 'JM_OAUTH_CLIENT_ID');
  is(await ask(mine, pre(offer, other)), 'JM_VCI_TX_CODE_WRONG');
  is(await ask(thief, pre(offer, digits)), 'JM_VCI_TICKET_TAKEN');
  is(await get(offer.path, await thief.known()), 'JM_VCI_TICKET_TAKEN', 409);
  const tokens = await ask(mine, pre(offer, digits));
  assert.equal(tokens.status, 200, JSON.stringify(tokens));
  is(await ask(mine, pre(offer, other)), 'JM_VCI_CODE_USED'); // with the right ones the same instance may: its answer was lost (D-455)
  is(await ask(thief, pre(offer, digits)), 'JM_VCI_TICKET_TAKEN');

  // -- five wrong ones end it, even for the right digits
  const second = await offered(country, citizens[1], mine), right = await matchCode(country, second.id);
  const bad = String((Number(right) + 1) % 1000000).padStart(6, '0');
  for (let i = 0; i < 4; i++) is(await ask(mine, pre(second, bad)), 'JM_VCI_TX_CODE_WRONG');
  is(await ask(mine, pre(second, bad)), 'JM_VCI_TX_CODE_EXHAUSTED');
  is(await ask(mine, pre(second, right)), 'JM_VCI_TX_CODE_EXHAUSTED');

  // -- the access token: unknown, another's key, another scheme
  const { access_token: access } = tokens.json, body = { credential_configuration_id: 'resident-sdjwt' };
  const want = async (what, headers) => post(base.issuer, '/credential', what, headers ?? await mine.bearing('/credential', access));
  is(await want(body, await mine.bearing('/credential', 'A'.repeat(43))), 'JM_OAUTH_TOKEN_UNKNOWN', 401);
  is(await want(body, [`Authorization: Bearer ${access}`]), 'JM_OAUTH_TOKEN_SCHEME', 401);
  is(await want(body, [`Authorization: DPoP ${access}`]), 'JM_OAUTH_DPOP_MISSING', 401);
  is(await want(body, await thief.bearing('/credential', access)), 'JM_OAUTH_DPOP_BINDING', 401);
  is(await want(body, [`Authorization: DPoP ${access}`, mine.proof('/credential', (await mine.nonces()).dpop)]), 'JM_OAUTH_DPOP_TOKEN', 401);
  is(await want({ credential_configuration_id: 'none-such' }), 'JM_VCI_CONFIGURATION_UNKNOWN', 400);
  is(await want({ credential_identifier: 'none-such' }), 'JM_VCI_IDENTIFIER_UNKNOWN', 400);
  is(await want({ ...body, credential_response_encryption: { enc: 'A128GCM' } }), 'JM_VCI_ENCRYPTION', 400);
  is(await want(body), 'JM_VCI_PROOF_MISSING', 400);
  is(await want({ ...body, proofs: { jwt: ['a.b.c'] } }), 'JM_VCI_PROOF_FORM', 400);
  is(await want({ ...body, proofs: { jwt: [], attestation: [] } }), 'JM_VCI_PROOF_TYPES', 400);

  // -- the refresh token: nobody's, not yet a card's, in another's hand
  const refresh = (w, refresh_token) => ask(w, { grant_type: 'refresh_token', ...(refresh_token && { refresh_token }) });
  is(await refresh(mine, 'A'.repeat(43)), 'JM_VCI_REFRESH_UNKNOWN');
  is(await refresh(mine), 'JM_OAUTH_PARAMETER');

  // -- the desk: cases
  const open = (p, more = {}) => post(base.issuer, '/desk/cases', { person: p.person, route: 'qr', issue_date: p.plastic.issue_date, authority: p.plastic.authority, ...more }, clerk);
  is(await open(citizens[2], { issue_date: '1999-01-01' }), 'JM_DESK_PLASTIC_MISMATCH');
  is(await open(citizens[2], { route: 'tap' }), 'JM_ELIG_ROUTE_CLOSED');
  is(await open({ ...citizens[2], person: '0'.repeat(32) }), 'JM_DESK_PERSON_UNKNOWN', 404);
  is(await open(citizens[2], { issue_date: 7 }), 'JM_API_FIELD_TYPE');
  is(await open(citizens[2], { issue_date: '2027-02-30' }), 'JM_API_FIELD_FORM');
  is(await open(citizens[2], { authority: 'x'.repeat(121) }), 'JM_API_FIELD_LIMIT');
  const old = await open(citizens[2]), third = await open(citizens[2]);
  assert.deepEqual([old.status, third.status], [201, 201]);
  is(await post(base.issuer, `/desk/cases/${old.json.case}/code`, {}, clerk), 'JM_DESK_CASE_ENDED', 409); // a new QR ends the old one: D-203
  const act = (what) => post(base.issuer, `/desk/cases/${third.json.case}/${what}`, {}, clerk);
  is(await act('code'), 'JM_DESK_NOT_BOUND');
  assert.equal((await act('cancel')).status, 200);
  is(await act('cancel'), 'JM_DESK_CASE_ENDED', 409);
  is(await act('code'), 'JM_DESK_CASE_ENDED', 409);
  is(await get(new URL(third.json.credential_offer_uri).pathname), 'JM_VCI_OFFER_GONE', 410);
  is(await get(`/offer/${'A'.repeat(43)}`), 'JM_VCI_OFFER_UNKNOWN', 404);
  is(await get(`/desk/cases/${'0'.repeat(32)}`, clerk), 'JM_DESK_CASE_UNKNOWN', 404);
  const ended = await offered(country, citizens[3], mine), late = await matchCode(country, ended.id);
  assert.equal((await post(base.issuer, `/desk/cases/${ended.id}/cancel`, {}, clerk)).status, 200);
  is(await ask(mine, pre(ended, late)), 'JM_VCI_CODE_EXPIRED');

  // -- the desk: cards
  const card = (p, what, b = {}) => post(base.issuer, `/desk/persons/${p.person}/${what}`, b, clerk);
  const shown = (p) => ({ issue_date: p.plastic.issue_date, authority: p.plastic.authority });
  is(await card(citizens[4], 'suspend'), 'JM_DESK_CARD_NONE', 404);
  is(await card({ person: 'x' }, 'suspend'), 'JM_DESK_PERSON_UNKNOWN', 404);
  is(await card(citizens[0], 'resume', { ...shown(citizens[0]), authority: 'somebody' }), 'JM_DESK_CARD_NONE');

  // -- a card that lives, pauses and ends
  const holder = citizens[0];
  const issued = await want({ ...body, proofs: (await mine.attestedKey()).proofs });
  assert.equal(issued.status, 200, JSON.stringify(issued));
  is(await ask(mine, pre(offer, digits)), 'JM_VCI_CODE_USED');
  const again = await refresh(mine, tokens.json.refresh_token);
  assert.equal(again.status, 200, JSON.stringify(again));
  is(await refresh(thief, again.json.refresh_token ?? tokens.json.refresh_token), 'JM_VCI_REFRESH_KEY');
  const later = async () => want({ ...body, proofs: (await mine.attestedKey()).proofs }, await mine.bearing('/credential', again.json.access_token));
  is(await card(holder, 'resume', shown(holder)), 'JM_DESK_NOT_SUSPENDED', 409);
  assert.equal((await card(holder, 'suspend')).status, 200);
  is(await later(), 'JM_VCI_CARD_NOT_ACTIVE', 400);
  assert.equal((await card(holder, 'resume', shown(holder))).status, 200);
  assert.equal((await post(base.issuer, '/loss', { loss_code: issued.json.jumin_loss_code, what: 'phone' })).status, 200);
  is(await later(), 'JM_VCI_CARD_NOT_ACTIVE', 400);
  assert.equal((await card(holder, 'plastic-lost')).status, 200);
  is(await card(holder, 'suspend'), 'JM_DESK_CARD_NONE');
  is(await card(holder, 'plastic-lost'), 'JM_ELIG_CARD_NOT_CURRENT', 409);
  is(await later(), 'JM_VCI_CARD_NOT_ACTIVE');

  // -- a case that is cancelled between its code and its card
  const fourth = await offered(country, citizens[5], mine);
  const bought = await ask(mine, pre(fourth, await matchCode(country, fourth.id)));
  assert.equal((await post(base.issuer, `/desk/cases/${fourth.id}/cancel`, {}, clerk)).status, 200);
  is(await want({ ...body, proofs: (await mine.attestedKey()).proofs }, await mine.bearing('/credential', bought.json.access_token)), 'JM_VCI_CASE_ENDED', 400);

  // -- a new phone takes over: the old one is closed
  const batch = async (w, p) => {
    const o = await offered(country, p, w), t = await ask(w, pre(o, await matchCode(country, o.id)));
    const c = await post(base.issuer, '/credential', { ...body, proofs: (await w.attestedKey()).proofs }, await w.bearing('/credential', t.json.access_token));
    return { c, t: t.json };
  };
  const take = async (w, p = citizens[6]) => {
    const { c, t } = await batch(w, p);
    assert.equal(c.status, 200, JSON.stringify(c));
    return t;
  };
  const phone = await wallet(country), first = await take(phone);
  await take(thief);
  is(await refresh(phone, first.refresh_token), 'JM_VCI_REFRESH_ENDED');
  is((await batch(thief, citizens[7])).c, 'JM_VCI_DEVICE_OTHER_PERSON', 400); // one phone, one person: D-030

  // -- staff: unknown, another's challenge, added twice
  const enter = async (user, spoil = {}) => {
    const { challenge } = (await post(base.issuer, '/staff/challenge', { user })).json;
    return post(base.issuer, '/staff/session', { user, challenge, signature: staffSignature(user, challenge, base.issuer, clerkKey()), ...spoil });
  };
  is(await enter('kim', { challenge: 'A'.repeat(43) }), 'JM_STAFF_CHALLENGE', 401);
  is(await enter('nobody'), 'JM_STAFF_SIGNATURE', 401);
  const local = (path, b) => { const t = JSON.stringify(b); return send(country.to({ control: true, role: 'issuer' }), 'POST', path, [`Authorization: Bearer ${country.secret('a')}`, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(t)}`], Buffer.from(t)); };
  const point = Buffer.concat([Buffer.from([4]), ...['x', 'y'].map((m) => Buffer.from(pair().jwk[m], 'base64url'))]).toString('base64url');
  is(await local('/local/staff', { name: 'kim', role: 'clerk', centre: '3017000000', key: point }), 'JM_STAFF_EXISTS', 409);
  is(await local('/local/staff/remove', { name: randomUUID() }), 'JM_STAFF_USER_UNKNOWN', 404);
  is(await local('/local/register/generate', { count: 5, seed: 1 }), 'JM_REGISTER_EXISTS', 409);
  is(await post(base.issuer, '/loss', { loss_code: 'A'.repeat(20), what: 'everything' }), 'JM_LOSS_WHAT');
  is(await post(base.issuer, '/loss', { loss_code: 'A'.repeat(20), what: 'phone' }), 'JM_LOSS_CODE_UNKNOWN', 404);

  // -- the relying party's own presentations
  const asked = await post(base.verifier, '/api/requests', {}, country.service);
  const del = () => send({ url: base.verifier }, 'DELETE', `/api/requests/${asked.json.id}`, country.service);
  const said = await redeemAnswer(base.verifier, new URL(asked.json.request_uri).pathname.replace('request', 'response'), 'error=access_denied');
  assert.equal(said.status, 200, JSON.stringify(said));
  const result = await send({ url: base.verifier }, 'GET', `/api/requests/${asked.json.id}`, country.service);
  assert.ok(JSON.stringify(result.json).includes('JM_VER_WALLET_ERROR'), JSON.stringify(result.json));
  assert.equal(result.json.open, true, 'anybody who saw the QR can say so: it may be answered yet');
  assert.equal((await del()).status, 200);
  is(await redeemAnswer(base.verifier, new URL(asked.json.request_uri).pathname.replace('request', 'response'), 'error=access_denied'), 'JM_VER_EXPIRED');
  const put = await post(base.verifier, '/api/requests', {}, country.service);
  await send({ url: base.verifier }, 'DELETE', `/api/requests/${put.json.id}`, country.service);
  is(await redeemAnswer(base.verifier, new URL(put.json.request_uri).pathname.replace('request', 'response'), 'error=access_denied'), 'JM_VER_EXPIRED');
  const gone = await send({ url: base.verifier }, 'GET', `/api/requests/${put.json.id}`, country.service);
  assert.ok(JSON.stringify(gone.json).includes('JM_VER_CANCELLED'), JSON.stringify(gone.json));

  // -- the signer hangs up on what is no frame; a store has one owner
  const socket = connect(at('a/run/signer/signer.sock'));
  await new Promise((r) => { socket.on('close', r); socket.on('error', () => {}); socket.resume(); socket.write(Buffer.from([0, 0, 0, 1, 0xff])); });
  assert.match(heard(), /JM_SIGNER_FRAME/);
  const jumin = (...a) => spawnSync(program, ['--home', at('a'), '--json', ...a], { encoding: 'utf8' });
  assert.match(jumin('serve', 'issuer').stderr, /JM_STORE_BUSY/);

  // -- what nobody at a desk can do yet, and three years, stand in the rows only: put there by hand while nobody runs
  const rows = (file, what) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()', at(file), what]);
  await take(phone, citizens[7]); // which was closed, and is nobody's now
  await take(await wallet(country), citizens[8]);
  assert.equal((await card(citizens[7], 'suspend')).status, 200);
  await end();
  rows('a/issuer/issuer.db', 'update hold set kind = 4 where closed is null'); // fraud: not a clerk's to release
  rows('a/issuer/issuer.db', `update card set expires = 1 where person = x'${citizens[8].person}'`);
  assert.equal(withdraw(jktOf(mine.instance)).status, 0); // nobody runs: in the store itself
  assert.equal(withdraw(jktOf(pair())).status, 1);
  await serve('a', 'signer', 'issuer', 'provider', 'status');
  is(await card(citizens[7], 'resume', shown(citizens[7])), 'JM_DESK_HOLD_OTHER');
  is(await card(citizens[8], 'suspend'), 'JM_DESK_CARD_ENDED', 409);
  is(await attest({}, undefined, mine.instance), 'JM_PROVIDER_WITHDRAWN');
  await end();
  assert.equal(jumin('audit', 'verify').status, 5); // nobody who keeps the last head: whether the end is there is undecided
  await serve('a', 'signer');
  assert.equal(jumin('audit', 'verify').status, 0);
  // the last rows are cut off with their heads: found at once, and no restart makes the signer forget
  rows('a/issuer/issuer.db', 'delete from audit where n > (select max(n) - 20 from audit)');
  rows('a/issuer/issuer.db', 'delete from audit_head where n > (select max(n) from audit)');
  assert.match(jumin('audit', 'verify').stderr, /JM_AUDIT_TRUNCATED/);
  await end();
  await serve('a', 'signer', 'issuer');
  await hears(/head was not signed.*JM_AUDIT_TRUNCATED/);
  assert.match(jumin('audit', 'verify').stderr, /JM_AUDIT_TRUNCATED/);
  await end();
  rows('a/issuer/issuer.db', 'update audit_head set sig = zeroblob(64)');
  assert.match(jumin('audit', 'verify').stderr, /JM_AUDIT_HEAD/);
  console.log(`${n} refusals`);
});

function redeemAnswer(url, path, text) {
  return send({ url }, 'POST', path, ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${text.length}`], Buffer.from(text));
}
