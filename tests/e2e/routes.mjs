// SPDX-License-Identifier: Apache-2.0
// serial asan
// Wrong input to every route of every role, by the tables that `jumin describe` gives: each refusal is a 4xx with one
// precise code, whoever asks: nobody, and the caller that the route wants.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign as ecdsa } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = process.env.JUMIN;
const dir = mkdtempSync(join(tmpdir(), 'jumin-routes-'));
const running = [];
const at = (...p) => join(dir, ...p);
const run = (home, ...a) => execFileSync(program, ['--home', at(home), ...a], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
process.umask(0o077);

async function serve(home, ...roles) {
  const child = spawn(program, ['--home', at(home), 'serve', ...roles], { stdio: ['ignore', 'pipe', 'pipe'] });
  const base = {};
  let said = '';
  running.push({ child, said: () => said });
  child.stderr.on('data', (d) => { said += d; });
  for await (const line of createInterface(child.stdout)) {
    const [, role, url] = line.split(' ');
    base[role] = url;
    if (Object.keys(base).length === roles.length) return base;
  }
  throw new Error(`${roles} did not start: ${said}`);
}

// Ends what was started, by its own handle; a sanitizer's word on stderr, or a bad end, fails the test.
async function end() {
  for (const { child, said } of running) {
    const gone = new Promise((r) => { child.on('exit', (code, signal) => r({ code, signal })); });
    child.kill('SIGTERM');
    const how = child.exitCode !== null ? { code: child.exitCode } : await gone;
    assert.ok(how.code === 0, `${JSON.stringify(how)}: ${said()}`);
    assert.doesNotMatch(said(), /Sanitizer|runtime error/);
  }
}

// -- one request, octet for octet ------------------------------------------------------------------------------------
function send(to, method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const url = to.url && new URL(to.url);
    const socket = to.path ? connect(to.path) : connect(Number(url.port), url.hostname);
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${url ? url.host : 'localhost'}`, 'Connection: close', ...headers].join('\r\n');
    const parts = [];
    let failed;
    socket.setTimeout(20000, () => reject(new Error(`no answer to ${method} ${target}`)));
    socket.on('data', (d) => parts.push(d));
    socket.on('error', (e) => { failed = e; }); // who refuses a long body may close before all of it is written
    socket.on('close', () => (parts.length ? resolve(parse(Buffer.concat(parts))) : reject(failed ?? new Error(`no answer to ${method} ${target}`))));
    socket.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body || Buffer.alloc(0)]));
  });
}

function parse(octets) {
  const text = octets.toString('latin1'), cut = text.indexOf('\r\n\r\n');
  const headers = Object.fromEntries(text.slice(0, cut).split('\r\n').slice(1).map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1).trim()]));
  let json = null;
  try { json = JSON.parse(octets.subarray(cut + 4).toString('utf8')); } catch { /* other media */ }
  const told = json?.error_description ?? json?.error?.code ?? '';
  return { status: Number(text.slice(9, 12)), headers, json, code: String(told).split(':')[0] };
}

const media = { json: 'application/json', form: 'application/x-www-form-urlencoded', any: 'application/json', none: 'application/json' };
const call = (to, route, target, { body, type = media[route.media], headers = [], length = true } = {}) =>
  send(to, route.method, target, [...headers, ...(body === undefined || type === null ? [] : [`Content-Type: ${type}`]),
    ...(length ? [`Content-Length: ${body === undefined ? 0 : Buffer.byteLength(body)}`] : [])], body === undefined ? undefined : Buffer.from(body));

// -- tokens as a wallet makes them -------------------------------------------------------------------------------------
const b64 = (o) => Buffer.from(typeof o === 'string' || Buffer.isBuffer(o) ? o : JSON.stringify(o)).toString('base64url');
function jws(header, claims, key) {
  const input = `${b64({ alg: 'ES256', ...header })}.${b64(claims)}`;
  return `${input}.${ecdsa('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return { key: privateKey, jwk: { kty, crv, x, y } };
};
const now = () => Math.floor(Date.now() / 1000);
const text = (s) => Buffer.concat([s.length < 24 ? Buffer.from([0x60 | s.length]) : Buffer.from([0x78, s.length]), Buffer.from(s)]);

try {
  // -- a country with a relying party, all roles ---------------------------------------------------------------------------
  const pin = run('a', 'init', '--synthetic', '--name', 'Saebyeol').trim().split('\n').pop();
  writeFileSync(at('kim.jwk'), run('a', 'staff', 'keygen', '--out', at('kim.key')));
  run('a', 'staff', 'add', 'kim', '--role', 'clerk', '--centre', '3017000000', '--key', at('kim.jwk'));
  const base = await serve('a', 'signer', 'issuer', 'provider', 'status');
  run('b', 'init', '--verifier', '--name', 'Hana Bank', '--trust', at('a/trust/set.cbor'), '--pin', pin);
  writeFileSync(at('bank.json'), JSON.stringify({ id: 'hana-bank', name: { ko: '하나은행', en: 'Hana Bank' }, identifier: '110-81-00000', sector: 'FINANCE', public_body: false,
    services: [{ id: 'age', purpose: { ko: '나이 확인', en: 'Age' }, legal_basis: '금융실명법 제3조', privacy_uri: 'https://bank.example.kr/privacy', retention_days: 0,
      channels: ['remote'], cross_device: true, status_max_age_s: 0, claims: [{ format: 'dc+sd-jwt', type: 'urn:jumin:kr:resident:1', path: ['age_over_19'], required: true }] }] }));
  const next = run('a', 'rp', 'register', '--request', at('b/verifier/request.csr'), '--services', at('bank.json'), '--cert-out', at('bank.pem')).trim().split('\n').pop();
  run('b', 'trust', 'import', at('a/trust/set.cbor'), '--pin', next);
  run('b', 'verifier', 'enroll', at('bank.pem'), '--services', at('bank.json'));
  Object.assign(base, await serve('b', 'signer', 'verifier'));
  run('a', 'register', 'generate', '--count', '400', '--seed', '1');
  run('b', 'verifier', 'key', 'add', '--service', 'age', '--key-file', at('age.key'));

  const to = (r) => (r.control ? { path: at(r.role === 'issuer' ? 'a/run/issuer/issuer.sock' : 'b/run/verifier/verifier.sock') } : { url: base[r.role] });
  const post = async (url, path, body, headers = []) => (await send({ url }, 'POST', path, [...headers, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`], Buffer.from(body))).json;

  // -- who may: the headers that each policy wants ----------------------------------------------------------------------------
  const scalar = Buffer.from(readFileSync(at('kim.key'), 'utf8').split('\n').filter((l) => !l.startsWith('-')).join(''), 'base64');
  const kim = createPrivateKey({ key: { ...JSON.parse(readFileSync(at('kim.jwk'))), d: scalar.toString('base64url') }, format: 'jwk' });
  const { challenge } = await post(base.issuer, '/staff/challenge', '{"user":"kim"}');
  const words = Buffer.concat([Buffer.from([0x84]), ...['jumin-staff/1', 'kim', challenge, base.issuer].map(text)]);
  const signature = ecdsa('sha256', words, { key: kim, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const { token: session } = await post(base.issuer, '/staff/session', JSON.stringify({ user: 'kim', challenge, signature }));
  const secret = (home) => readFileSync(at(home, 'operator/signer.secret')).toString('base64url');

  const instance = pair(), dpop = pair();
  const asked = (await post(base.provider, '/provider/challenge', '{}')).challenge;
  const { client_attestation: attestation } = await post(base.provider, '/provider/attest', JSON.stringify({
    proof: jws({ typ: 'jumin-instance+jwt', jwk: instance.jwk }, { aud: base.provider, challenge: asked, iat: now(), platform: 'test' }, instance.key) }));
  const product = JSON.parse(Buffer.from(attestation.split('.')[1], 'base64url')).sub;
  const nonces = async () => {
    const r = await send({ url: base.issuer }, 'POST', '/nonce', ['Content-Length: 0']);
    const c = await send({ url: base.issuer }, 'POST', '/challenge', ['Content-Length: 0']);
    return { dpop: r.headers['dpop-nonce'], c: r.json.c_nonce, challenge: c.json.attestation_challenge };
  };
  const proof = (path, nonce, access) => jws({ typ: 'dpop+jwt', jwk: dpop.jwk }, { jti: randomUUID(), htm: 'POST', htu: base.issuer + path, iat: now(), nonce,
    ...(access && { ath: createHash('sha256').update(access).digest('base64url') }) }, dpop.key);
  const attested = async (path) => {
    const n = await nonces();
    return [`OAuth-Client-Attestation: ${attestation}`, `OAuth-Client-Attestation-PoP: ${jws({ typ: 'oauth-client-attestation-pop+jwt' },
      { iss: product, aud: base.issuer, jti: randomUUID(), iat: now(), challenge: n.challenge }, instance.key)}`, `DPoP: ${proof(path, n.dpop)}`];
  };

  // a whole issuance up to its access token, so that the credential endpoint hears the caller that it wants
  const clerk = [`Authorization: Bearer ${session}`];
  const citizen = JSON.parse(run('a', 'register', 'find', '--region', '3017', '--min-age', '20', '--plastic', 'valid', '--limit', '1', '--json'));
  const opened = await post(base.issuer, '/desk/cases', JSON.stringify({ person: citizen.person, route: 'qr', issue_date: citizen.plastic.issue_date, authority: citizen.plastic.authority }), clerk);
  assert.ok(opened.credential_offer_uri, JSON.stringify(opened));
  const offerPath = new URL(opened.credential_offer_uri).pathname;
  const bound = await send({ url: base.issuer }, 'GET', offerPath, (await attested('/token')).slice(0, 2));
  assert.equal(bound.status, 200, JSON.stringify(bound));
  const { tx_code: matched } = await post(base.issuer, `/desk/cases/${opened.case ?? opened.id}/code`, '{}', clerk);
  const grant = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code',
    'pre-authorized_code': bound.json.grants['urn:ietf:params:oauth:grant-type:pre-authorized_code']['pre-authorized_code'], tx_code: matched }).toString();
  const tokens = await send({ url: base.issuer }, 'POST', '/token', [...(await attested('/token')), 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${grant.length}`], Buffer.from(grant));
  assert.equal(tokens.status, 200, JSON.stringify(tokens));

  const authorised = {
    public: async () => [],
    'client attestation': (r) => attested(r.path),
    dpop: async (r) => [`Authorization: DPoP ${tokens.json.access_token}`, `DPoP: ${proof(r.path, (await nonces()).dpop, tokens.json.access_token)}`],
    'staff session': async () => clerk,
    'service key': async () => [`Authorization: Bearer ${readFileSync(at('age.key'), 'utf8').trim()}`],
    local: async (r) => [`Authorization: Bearer ${secret(r.role === 'issuer' ? 'a' : 'b')}`],
  };
  const nobody = { 'client attestation': 'JM_OAUTH_ATTESTATION_MISSING', dpop: 'JM_OAUTH_TOKEN_MISSING', 'staff session': 'JM_STAFF_SESSION', 'service key': 'JM_VER_KEY',
    local: { issuer: 'JM_STAFF_SESSION', verifier: 'JM_VER_KEY' } };

  // -- the table ------------------------------------------------------------------------------------------------------------
  const generic = /^(|JM_HTTP_(BAD_REQUEST|UNAUTHENTICATED|DENIED|ABSENT|GONE|CONFLICT|LIMIT|UNAVAILABLE|BUG|OK)|JM_E_.*|JM_OK|server_error)$/;
  const open = await post(base.verifier, '/api/requests', '{}', await authorised['service key']());
  assert.ok(open.request_uri, JSON.stringify(open));
  const transaction = new URL(open.request_uri).pathname.split('/').pop();
  const nobodys = '00112233445566778899aabbccddeeff';
  const fill = (r, v = r.role === 'verifier' && /^\/re(quest|sponse)\//.test(r.path) ? transaction : nobodys) => r.path.replace(/\{[^}]*\}/g, v);
  const one = (method, path) => `${method} ${path}`;
  // public standards have one error for every body of no use there
  const quirk = { '/credential': 'JM_VCI_REQUEST_FORM', '/request/{id}': 'JM_VP_RESPONSE_FORM', '/response/{id}': 'JM_VP_RESPONSE_FORM' };
  const wrong = {
    json: { 'no body': [undefined, 'JM_API_JSON'], 'not JSON': ['{', 'JM_API_JSON'], 'no object': ['[]', 'JM_API_JSON'], 'bad UTF-8': [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'JM_API_JSON'],
      'trailing octets': ['{} {}', 'JM_API_JSON'], 'a member twice': ['{"a":1,"a":2}', 'JM_API_FIELD_TWICE'], 'an unknown member': ['{"no_such_member":1}', 'JM_API_FIELD_UNKNOWN'] },
    form: { 'no body': [undefined, 'JM_API_FIELD_MISSING'], 'bad escape': ['a=%zz', 'JM_API_FORM'], 'bad UTF-8': ['a=%ff', 'JM_API_FORM'], 'a parameter twice': ['a=1&a=2', 'JM_API_FIELD_TWICE'],
      'an unknown parameter': ['no_such_parameter=1', 'JM_API_FIELD_MISSING'] },
  };
  let n = 0;
  const codes = new Set();
  async function refused(got, what, code) {
    n++;
    codes.add(got.code);
    assert.ok(got.status >= 400 && got.status < 500, `${what}: ${got.status} ${JSON.stringify(got.json)}`);
    assert.doesNotMatch(got.code, generic, `${what}: ${got.status} ${JSON.stringify(got.json)}`);
    if (code) assert.equal(got.code, code, `${what}: ${JSON.stringify(got.json)}`);
  }

  const { routes } = JSON.parse(execFileSync(program, ['describe', '--json'], { encoding: 'utf8' }));
  assert.ok(routes.length >= 39);
  for (const r of routes) {
    const me = one(r.method, `${r.role} ${r.path}`), here = to(r), target = fill(r), who = () => authorised[r.auth](r);
    const takesBody = r.media !== 'none';

    // before anybody is asked who he is
    const other = ['PUT', 'DELETE', 'POST'].find((m) => !routes.some((x) => x.role === r.role && x.control === r.control && x.path === r.path && x.method === m));
    const method = await send(here, other, target, ['Content-Length: 0']);
    await refused(method, `${me}: ${other}`, 'JM_HTTP_METHOD');
    assert.ok(method.headers.allow.includes(r.method), me);
    await refused(await call(here, r, `${target}/and/more`, { body: takesBody ? '{}' : undefined }), `${me}: longer path`, 'JM_HTTP_NOT_FOUND');
    if (!r.control && !r.cors)
      await refused(await call(here, r, target, { headers: ['Origin: https://elsewhere.example'] }), `${me}: foreign origin`, 'JM_HTTP_ORIGIN');
    const much = Buffer.alloc(r.body_max + 1, 0x20);
    await refused(much.length < 65536 ? await call(here, r, target, { body: much })
      : await send(here, r.method, target, [`Content-Type: ${media[r.media]}`, `Content-Length: ${much.length}`]), `${me}: oversized`, 'JM_HTTP_BODY_LIMIT');
    await refused(await send(here, r.method, target, [`Content-Type: ${media[r.media]}`, 'Transfer-Encoding: chunked'],
      Buffer.concat([Buffer.from(`${much.length.toString(16)}\r\n`), much, Buffer.from('\r\n0\r\n\r\n')])), `${me}: oversized in chunks`, 'JM_HTTP_BODY_LIMIT');
    if (takesBody && r.media !== 'any') {
      for (const type of ['text/plain', 'application/jsonx', null])
        await refused(await call(here, r, target, { body: '{}', type }), `${me}: ${type}`, 'JM_HTTP_MEDIA_TYPE');
      await refused(await call(here, r, target, { body: undefined, length: false }), `${me}: no length`, 'JM_HTTP_LENGTH_REQUIRED');
    }
    for (const bad of ['%zz', '%00', '%']) { // the gate's refusals: an empty answer and a closed connection, for whoever smuggles
      const got = await call(here, r, `${target}${bad}`, { body: takesBody ? '{}' : undefined });
      assert.deepEqual([got.status, got.json, got.headers.connection], [400, null, 'close'], `${me}: ${bad}`);
    }
    for (const bad of ['%ff', 'a%2fb', '..'])
      if (r.path.includes('{')) await refused(await call(here, r, fill(r, bad), { body: takesBody ? '{}' : undefined, headers: await who() }), `${me}: ${bad}`, 'JM_HTTP_PATH');

    // nobody
    if (r.auth !== 'public') {
      await refused(await call(here, r, target, { body: takesBody ? '{}' : undefined }), `${me}: nobody`, nobody[r.auth][r.role] ?? nobody[r.auth]);
      await refused(await call(here, r, target, { body: takesBody ? '{}' : undefined, headers: ['Authorization: Bearer AAAA'] }), `${me}: anybody`);
    }

    // the right caller with a wrong body
    for (const [what, [body, code]] of Object.entries(wrong[r.media] ?? {})) {
      const q = quirk[r.path], got = await call(here, r, target, { body, headers: await who() });

      if (r.path === '/request/{id}' && (what === 'no body' || what === 'an unknown parameter')) { // a wallet says what it likes
        assert.equal(got.status, 200, me);
        continue;
      }
      if (q) await refused(got, `${me}: ${what}`, q);
      else await refused(got, `${me}: ${what}`, what === 'an unknown member' && got.code === 'JM_API_FIELD_MISSING' ? 'JM_API_FIELD_MISSING' : code);
    }

    // what a path may name and nobody has
    if (r.path.includes('{') && r.method !== 'POST')
      for (const id of ['x', '0'.repeat(200), nobodys])
        await refused(await call(here, r, fill(r, id), { headers: await who() }), `${me}: ${id}`);
  }

  // -- what stands beside the tables --------------------------------------------------------------------------------------------
  for (const path of ['/nonce', '/challenge']) assert.equal((await send({ url: base.issuer }, 'POST', path, [])).status, 200, `${path} without a length`);
  const history = await send({ url: base.status }, 'GET', '/l/0?time=1', []);
  assert.deepEqual([history.status, history.code], [501, 'JM_API_HISTORY']);
  await refused(await send({ url: base.status }, 'GET', '/nowhere', []), 'no such path', 'JM_HTTP_NOT_FOUND');
  assert.equal((await send({ url: base.issuer }, 'GET', '/healthz', [])).status, 200);
  await end();
  console.log(`${routes.length} routes, ${n} refusals, ${codes.size} codes: ${[...codes].sort().join(' ')}`);
} catch (e) {
  for (const { child, said } of running) {
    console.error(said().slice(-2000));
    const gone = new Promise((r) => { child.on('exit', r); });
    if (child.exitCode === null && child.kill('SIGTERM')) await gone;
  }
  console.error(e);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
