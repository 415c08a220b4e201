// SPDX-License-Identifier: Apache-2.0
// A small country of real processes for tests that speak HTTP themselves: homes, roles, a clerk, an operator, a wallet's
// tokens, requests octet for octet. Ends what it started by its own handles; nothing waits by the clock.
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, randomUUID, sign as ecdsa } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const program = process.env.JUMIN;
const dir = mkdtempSync(join(tmpdir(), 'jumin-country-'));
const running = [];
export const at = (...p) => join(dir, ...p);
export const run = (home, ...a) => execFileSync(program, ['--home', at(home), ...a], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
process.umask(0o077);

export async function serve(home, ...roles) {
  const child = spawn(program, ['--home', at(home), 'serve', ...roles], { stdio: ['ignore', 'pipe', 'pipe'] });
  const base = {};
  let said = '';
  running.push({ child, home, roles, said: () => said });
  child.stderr.on('data', (d) => { said += d; });
  for await (const line of createInterface(child.stdout)) {
    const [, role, url] = line.split(' ');
    base[role] = url;
    if (Object.keys(base).length === roles.length) return base;
  }
  throw new Error(`${roles} did not start: ${said}`);
}

// Ends what was started, by its own handle; a sanitizer's word on stderr, or a bad end, fails the test.
export async function end() {
  for (const { child, said } of running) {
    const gone = new Promise((r) => { child.on('exit', (code, signal) => r({ code, signal })); });
    child.kill('SIGTERM');
    const how = child.exitCode !== null ? { code: child.exitCode } : await gone;
    assert.ok(how.code === 0, `${JSON.stringify(how)}: ${said()}`);
    assert.doesNotMatch(said(), /Sanitizer|runtime error/);
  }
}

// -- one request, octet for octet ------------------------------------------------------------------------------------
export function send(to, method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const url = to.url && new URL(to.url);
    if (url && url.pathname !== '/' && target.startsWith('/')) target = url.pathname + target; // below the role's base
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
  return { status: Number(text.slice(9, 12)), headers, text: octets.subarray(cut + 4).toString('utf8'), json, code: String(told).split(':')[0] };
}

export const media = { json: 'application/json', form: 'application/x-www-form-urlencoded', any: 'application/json', none: 'application/json', 'json or jwt': 'application/json' };
export const call = (to, route, target, { body, type = media[route.media], headers = [], length = true } = {}) =>
  send(to, route.method, target, [...headers, ...(body === undefined || type === null ? [] : [`Content-Type: ${type}`]),
    ...(length ? [`Content-Length: ${body === undefined ? 0 : Buffer.byteLength(body)}`] : [])], body === undefined ? undefined : Buffer.from(body));

// -- tokens as a wallet makes them -------------------------------------------------------------------------------------
export const b64 = (o) => Buffer.from(typeof o === 'string' || Buffer.isBuffer(o) ? o : JSON.stringify(o)).toString('base64url');
export function jws(header, claims, key) {
  const input = `${b64({ alg: 'ES256', ...header })}.${b64(claims)}`;
  return `${input}.${ecdsa('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
export const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return { key: privateKey, jwk: { kty, crv, x, y } };
};
// Compact JWE of ECDH-ES, to a public JWK and by the key that it was for.
const agreed = (privateKey, { kty, crv, x, y }, enc) => {
  const z = diffieHellman({ privateKey, publicKey: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }) }), u32 = (v) => Buffer.from([0, 0, v >> 8, v & 255]);
  const bits = Number(enc.slice(1, 4));
  return [`aes-${bits}-gcm`, createHash('sha256').update(Buffer.concat([u32(1), z, u32(7), Buffer.from(enc), u32(0), u32(0), u32(bits)])).digest().subarray(0, bits / 8)];
};
export function jwe(to, plain, { enc = 'A128GCM', ...more } = {}) {
  const { key, jwk: epk } = pair(), header = b64({ alg: 'ECDH-ES', enc, kid: to.kid, epk, ...more }), iv = randomBytes(12), gcm = createCipheriv(...agreed(key, to, enc), iv);
  gcm.setAAD(Buffer.from(header));
  const text = Buffer.concat([gcm.update(plain), gcm.final()]);
  return [header, '', b64(iv), b64(text), b64(gcm.getAuthTag())].join('.');
}
export function jweOpened(token, key) {
  const [header, none, iv, text, tag] = token.split('.'), { alg, enc, epk } = JSON.parse(Buffer.from(header, 'base64url'));
  assert.deepEqual([alg, none], ['ECDH-ES', '']);
  const gcm = createDecipheriv(...agreed(key, epk, enc), Buffer.from(iv, 'base64url'));
  gcm.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'));
  return Buffer.concat([gcm.update(Buffer.from(text, 'base64url')), gcm.final()]).toString('utf8');
}
export const now = () => Math.floor(Date.now() / 1000);
const text = (s) => Buffer.concat([s.length < 24 ? Buffer.from([0x60 | s.length]) : Buffer.from([0x78, s.length]), Buffer.from(s)]);


/** What a role answers, unless between[role](method, path) gives {status, body, type} instead; 'cut' ends the connection. */
export const between = {};
/** JSON on its way: altered.asked(path, json) and altered.told(path, json) give what goes on instead, or nothing. */
export const altered = {};
const freePort = async () => {
  const probe = createServer();
  const port = await new Promise((r) => { probe.listen(0, '127.0.0.1', () => r(probe.address().port)); });
  await new Promise((r) => { probe.close(r); });
  return port;
};
const changed = (octets, path, change) => {
  try {
    const json = change && change(path, JSON.parse(octets));
    return json ? Buffer.from(JSON.stringify(json)) : octets;
  } catch { return octets; } // no JSON
};

// @prefix: the path of the role's base URL, which a test does not want to see in the addresses that it is told.
function relay(role, back, prefix = '') {
  return createServer((q, s) => {
    const parts = [];
    q.on('data', (d) => parts.push(d));
    q.on('end', () => {
      const path = q.url.startsWith(`${prefix}/`) ? q.url.slice(prefix.length) : prefix && q.url.startsWith('/.well-known/') && q.url.endsWith(prefix) ? q.url.slice(0, -prefix.length) : q.url;
      const other = between[role]?.(q.method, path);
      if (other === 'cut') return s.destroy();
      if (other) return s.writeHead(other.status, { 'Content-Type': other.type ?? 'application/json' }).end(other.body ?? '{}');
      const body = changed(Buffer.concat(parts), path, altered.asked), headers = { ...q.headers, ...(q.headers['content-length'] && { 'content-length': body.length }) };
      const on = request({ port: back, host: '127.0.0.1', method: q.method, path: q.url, headers }, (r) => {
        const got = [];
        r.on('data', (d) => got.push(d));
        r.on('end', () => {
          const all = changed(Buffer.concat(got), path, altered.told);
          s.writeHead(r.statusCode, { ...r.headers, ...(r.headers['content-length'] && { 'content-length': all.length }) }).end(all);
        });
      });
      on.on('error', () => s.destroy());
      return on.end(body);
    });
  });
}

const baseOf = (home, role) => new RegExp(`\\[${role}\\][^[]*?base = (\\S+)`).exec(readFileSync(at(home, 'jumin.conf'), 'utf8'))[1];
const portOf = (conf, role) => new RegExp(`\\[${role}\\][^[]*?listen = 127\\.0\\.0\\.1:(\\d+)`).exec(conf)[1];
async function standAt(front, server) {
  await new Promise((r) => { server.listen(Number(front), '127.0.0.1', r); });
  servers.push(server);
}
async function stand(home, role, prefix = '') {
  const file = at(home, 'jumin.conf'), conf = readFileSync(file, 'utf8');
  const front = portOf(conf, role), back = await freePort(), server = relay(role, back, prefix);
  writeFileSync(file, conf.replace(new RegExp(`(\\[${role}\\][^[]*?listen = 127\\.0\\.0\\.1:)\\d+`), `$1${back}`));
  await standAt(front, server);
}
const servers = [];

/** The authority's roles read their home again. */
export async function reread() {
  const { child, said } = running[0], times = () => said().split('were read again').length, before = times();
  child.kill('SIGHUP');
  while (times() < before + 4) await once(child.stderr, 'data');
}

/** Waits until the roles that were started last have said it. */
export async function hears(pattern) {
  const { child, said } = running.at(-1);
  while (!pattern.test(said())) await once(child.stderr, 'data');
}

/** The process that holds the roles of a home. */
export const pidOf = (home) => running.findLast((r) => r.home === home).child.pid;

/** The authority's roles, or the verifier's, end and begin again where they were. */
export async function restart(home = 'a') {
  const at = running.findIndex((r) => r.home === home), { child, roles } = running[at], gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  await serve(home, ...roles);
  running[at] = running.pop();
}

/** What the roles (of a home) have said on stderr so far. */
export const heard = (home) => running.filter((r) => !home || r.home === home).map(({ said }) => said()).join('');

/** Runs the test in the country; what goes wrong is told with what the roles said. @fronted: roles behind between. @path: of the
 * issuer's identifier, which then stands behind a relay, too. */
export async function inside(test, fronted = [], path = '') {
  try {
    await test(await build(fronted, path));
    await end();
  } catch (e) {
    for (const { child, said } of running) {
      console.error(said().slice(-2000));
      const gone = new Promise((r) => { child.on('exit', r); });
      if (child.exitCode === null && child.kill('SIGTERM')) await gone;
    }
    console.error(e);
    process.exitCode = 1;
  } finally {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What the bank may ask; a test adds its own before the country is built. origins 'own': of the verifier's own pages. */
export const services = [{ id: 'age', purpose: { ko: '나이 확인', en: 'Age' }, legal_basis: '금융실명법 제3조', privacy_uri: 'https://bank.example.kr/privacy', retention_days: 0,
  channels: ['remote'], cross_device: true, status_max_age_s: 0, claims: [{ format: 'dc+sd-jwt', type: 'urn:jumin:kr:resident:1', path: ['age_over_19'], required: true }] }];

async function build(fronted, path) {
  // -- a country with a relying party, all roles ---------------------------------------------------------------------------
  const door = path ? await freePort() : 0, proven = process.env.JUMIN_PROVEN === '1'; // its trust set is proven by a ledger
  const pin = run('a', 'init', '--synthetic', '--name', 'Saebyeol', ...(proven ? ['--ledger'] : []), ...(path ? ['--base', `issuer=http://127.0.0.1:${door}${path}`] : [])).trim().split('\n').pop();
  if (path) await stand('a', 'issuer', path);
  writeFileSync(at('kim.jwk'), run('a', 'staff', 'keygen', '--out', at('kim.key')));
  run('a', 'staff', 'add', 'kim', '--role', 'clerk', '--centre', '3017000000', '--key', at('kim.jwk'));
  for (const role of fronted.filter((r) => r !== 'verifier')) await stand('a', role);
  const base = await serve('a', 'signer', ...(proven ? ['ledger'] : []), 'issuer', 'provider', 'status');
  run('b', 'init', '--verifier', '--name', 'Hana Bank', '--trust', at('a/trust/set.cbor'), '--pin', pin);
  writeFileSync(at('bank.json'), JSON.stringify({ id: 'hana-bank', name: { ko: '하나은행', en: 'Hana Bank' }, identifier: '110-81-00000', sector: 'FINANCE', public_body: false,
    services: services.map((one) => (one.origins === 'own' ? { ...one, origins: [baseOf('b', 'verifier')] } : one)) }));
  const next = run('a', 'rp', 'register', '--request', at('b/verifier/request.csr'), '--services', at('bank.json'), '--cert-out', at('bank.pem')).trim().split('\n').pop();
  run('b', 'trust', 'import', at('a/trust/set.cbor'), '--pin', next);
  run('b', 'verifier', 'enroll', at('bank.pem'), '--services', at('bank.json'));
  if (fronted.includes('verifier')) await stand('b', 'verifier');
  Object.assign(base, await serve('b', 'signer', 'verifier'));
  run('a', 'register', 'generate', '--count', '1500', '--seed', '1');
  run('b', 'verifier', 'key', 'add', '--service', 'age', '--key-file', at('age.key'));

  const to = (r) => (r.control ? { path: at(`${r.role === 'verifier' ? 'b' : 'a'}/run/${r.role}/${r.role}.sock`) } : { url: base[r.role] });
  const post = async (url, path, body, headers = []) => (await send({ url }, 'POST', path, [...headers, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`], Buffer.from(body))).json;

  const secret = (home) => readFileSync(at(home, 'operator/signer.secret')).toString('base64url');
  const citizens = run('a', 'register', 'find', '--region', '3017', '--min-age', '20', '--plastic', 'valid', '--limit', '20', '--json').trim().split('\n').map((l) => JSON.parse(l));
  assert.ok(citizens.length >= 9, `${citizens.length} citizens`);
  return { base, to, post, secret, citizens, pin: next, clerk: [`Authorization: Bearer ${await signIn(base.issuer, post)}`], service: [`Authorization: Bearer ${readFileSync(at('age.key'), 'utf8').trim()}`] };
}

/** Roles that this country has no use for, in homes of their own: a ledger and a witness. */
export async function elsewhere(base) {
  run('l', 'init', '--synthetic', '--name', 'Byeol', '--ledger');
  const log = run('l', 'ledger', 'keygen', '--origin', 'log.example/byeol', '--out', at('log.key')).trim();
  run('witness', 'witness', 'init', '--synthetic', '--name', 'w1', '--log', log);
  base.ledger = (await serve('l', 'signer', 'ledger')).ledger;
  base.witness = (await serve('witness', 'signer', 'witness')).witness;
}

export function clerkKey() {
  const scalar = Buffer.from(readFileSync(at('kim.key'), 'utf8').split('\n').filter((l) => !l.startsWith('-')).join(''), 'base64');
  return createPrivateKey({ key: { ...JSON.parse(readFileSync(at('kim.jwk'))), d: scalar.toString('base64url') }, format: 'jwk' });
}
export const staffSignature = (user, challenge, origin, key) => ecdsa('sha256',
  Buffer.concat([Buffer.from([0x84]), ...['jumin-staff/1', user, challenge, origin].map(text)]), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
async function signIn(issuer, post, user = 'kim') {
  const { challenge } = await post(issuer, '/staff/challenge', JSON.stringify({ user }));
  return (await post(issuer, '/staff/session', JSON.stringify({ user, challenge, signature: staffSignature(user, challenge, issuer, clerkKey()) }))).token;
}
const sha256 = (o) => createHash('sha256').update(o).digest();
/** Headers of the clerk's supervisor, who has just signed in by a passkey: an authenticator in a few lines. */
async function supervisor({ base, post }) {
  run('a', 'staff', 'add', 'chief', '--role', 'supervisor', '--centre', '3017000000', '--key', at('kim.jwk'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }), { x, y } = publicKey.export({ format: 'jwk' }), id = Buffer.alloc(16, 7);
  const token = JSON.parse(run('a', 'staff', 'enrol', 'chief', '--json')).link.split('#enrol=')[1], b64 = (o) => Buffer.from(o).toString('base64url');
  const said = (type, challenge) => Buffer.from(JSON.stringify({ type, challenge, origin: base.issuer.replace('127.0.0.1', 'localhost'), crossOrigin: false }));
  const head = (rp, flags) => Buffer.concat([sha256(rp), Buffer.from([flags, 0, 0, 0, 0])]);
  const made = await post(base.issuer, '/staff/enrol/challenge', JSON.stringify({ token }));
  const key = Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), Buffer.from(x, 'base64url'), Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')]);
  await post(base.issuer, '/staff/enrol', JSON.stringify({ token, client_data: b64(said('webauthn.create', made.challenge)),
    authenticator_data: b64(Buffer.concat([head(made.rp_id, 0x45), Buffer.alloc(16), Buffer.from([0, id.length]), id, key])) }));
  const { challenge, rp_id } = await post(base.issuer, '/staff/passkey/challenge', '{}'), client = said('webauthn.get', challenge), data = head(rp_id, 0x05);
  const body = JSON.stringify({ id: b64(id), client_data: b64(client), authenticator_data: b64(data), signature: b64(ecdsa('sha256', Buffer.concat([data, sha256(client)]), privateKey)) });
  const got = await fetch(`${base.issuer}/staff/passkey`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  const [, session] = got.headers.get('set-cookie')?.match(/^__Host-jumin-desk=([^;]+)/) ?? assert.fail(await got.text());
  return [`Authorization: Bearer ${session}`];
}

async function attested({ base, post }, instance) {
  const { challenge } = await post(base.provider, '/provider/challenge', '{}');
  return (await post(base.provider, '/provider/attest', JSON.stringify({
    proof: jws({ typ: 'jumin-instance+jwt', jwk: instance.jwk }, { aud: base.provider, challenge, iat: now(), platform: 'test' }, instance.key) }))).client_attestation;
}

/** A wallet instance: attested by our provider or @by, with a DPoP key; headers as the issuer wants them, or spoilt as a test wants them. */
export async function wallet({ base, post }, by) {
  const instance = pair(), dpop = pair();
  const attestation = by ? by(instance.jwk) : await attested({ base, post }, instance);
  const product = JSON.parse(Buffer.from(attestation.split('.')[1], 'base64url')).sub;
  const nonces = async () => {
    const n = await send({ url: base.issuer }, 'POST', '/nonce', []), c = await send({ url: base.issuer }, 'POST', '/challenge', []);
    return { dpop: n.headers['dpop-nonce'], c: n.json.c_nonce, challenge: c.json.attestation_challenge };
  };
  const pop = (claims) => `OAuth-Client-Attestation-PoP: ${jws({ typ: 'oauth-client-attestation-pop+jwt' },
    { iss: product, aud: base.issuer, jti: randomUUID(), iat: now(), ...claims }, instance.key)}`;
  const known = async () => [`OAuth-Client-Attestation: ${attestation}`, pop({ challenge: (await nonces()).challenge })];
  const proof = (path, nonce, access, claims = {}, by = dpop) => `DPoP: ${jws({ typ: 'dpop+jwt', jwk: by.jwk }, { jti: randomUUID(), htm: 'POST', htu: base.issuer + path, iat: now(), nonce,
    ...(access && { ath: createHash('sha256').update(access).digest('base64url') }), ...claims }, by.key)}`;
  const headers = async (path) => [...(await known()), proof(path, (await nonces()).dpop)];
  const bearing = async (path, token) => [`Authorization: DPoP ${token}`, proof(path, (await nonces()).dpop, token)];
  /** A key of its own and the provider's attestation of it, as `proofs` of a credential request. */
  const attestedKey = async (nonce) => {
    const key = pair(), asked = (await post(base.provider, '/provider/challenge', '{}')).challenge;
    const jkt = createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${instance.jwk.x}","y":"${instance.jwk.y}"}`).digest('base64url');
    const answer = await post(base.provider, '/provider/attest', JSON.stringify({
      proof: jws({ typ: 'jumin-instance+jwt', jwk: instance.jwk }, { aud: base.provider, challenge: asked, iat: now(), platform: 'test', nonce: nonce ?? (await nonces()).c }, instance.key),
      keys: [jws({ typ: 'jumin-key+jwt', jwk: key.jwk }, { challenge: asked, instance: jkt }, key.key)] }));
    return { key, proofs: { attestation: [answer.key_attestation] } };
  };
  return { instance, dpop, attestation, attestedKey, product, nonces, pop, known, proof, headers, bearing };
}

export const preAuthorized = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
/** A clerk opens a case, the wallet binds it: what is needed for a token but the match code. */
export async function offered({ base, post, clerk }, citizen, mine) {
  const opened = await post(base.issuer, '/desk/cases', JSON.stringify({ person: citizen.person, route: 'qr', issue_date: citizen.plastic.issue_date, authority: citizen.plastic.authority }), clerk);
  assert.ok(opened.credential_offer_uri, JSON.stringify(opened));
  const path = opened.credential_offer_uri.slice(base.issuer.length);
  const bound = await send({ url: base.issuer }, 'GET', path, await mine.known());
  assert.equal(bound.status, 200, JSON.stringify(bound));
  return { id: opened.case, path, code: bound.json.grants[preAuthorized]['pre-authorized_code'] };
}
export const matchCode = async ({ base, post, clerk }, id) => (await post(base.issuer, `/desk/cases/${id}/code`, '{}', clerk)).tx_code;
export function redeem({ base }, headers, parameters) {
  const body = new URLSearchParams(parameters).toString();
  return send({ url: base.issuer }, 'POST', '/token', [...headers, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body));
}

/** Headers of the caller that a route wants (a route of `jumin describe` → headers), after a whole issuance up to its access token. */
export async function callers(country) {
  const mine = await wallet(country), offer = await offered(country, country.citizens[0], mine);
  const tokens = await redeem(country, await mine.headers('/token'),
    { grant_type: preAuthorized, 'pre-authorized_code': offer.code, tx_code: await matchCode(country, offer.id) });
  assert.equal(tokens.status, 200, JSON.stringify(tokens));
  const chief = await supervisor(country);
  const by = {
    public: async () => [],
    'client attestation': (r) => mine.headers(r.path),
    dpop: (r) => mine.bearing(r.path, tokens.json.access_token),
    'staff session': async (r) => (r.staff.includes('clerk') ? country.clerk : chief),
    'service key': async () => country.service,
    local: async (r) => [`Authorization: Bearer ${country.secret(r.role === 'verifier' ? 'b' : 'a')}`],
  };
  return (r) => by[r.auth](r);
}

/** Numbers are sealed and shown masked: a citizen of whom a journey knows it has another one since today, that ends in @n (six digits), and
 * new plastic. */
export function known(citizen, n) {
  const { number } = JSON.parse(run('a', 'register', 'find', '--person', citizen.person, '--number', '--json')), rrn = `${number.slice(0, 8)}${n}`;
  writeFileSync(at('rrn'), `${rrn}\n`);
  run('a', 'register', 'event', 'rrn', '--person', citizen.person, '--rrn-file', at('rrn'));
  run('a', 'register', 'event', 'plastic-issued', '--person', citizen.person, '--authority', '대전광역시 서구청장');
  return { ...JSON.parse(run('a', 'register', 'find', '--rrn-file', at('rrn'), '--json')), rrn };
}

/** One card on one phone (@home), by the commands that a stranger has: its loss code. */
export function cardOnPhone(country, citizen, home = 'w') {
  const as = ['--as', at('kim.key')], words = ['--passphrase-file', at('words')];
  writeFileSync(at('words'), 'long enough words\n');
  run(home, 'init', '--wallet', '--trust', at('a/trust/set.cbor'), '--pin', country.pin, ...words);
  const { case: id } = JSON.parse(run('a', 'desk', 'open', ...as, '--person', citizen.person, '--issue-date', citizen.plastic.issue_date, '--authority', citizen.plastic.authority, '--qr', at('c.png'), '--json'));
  assert.throws(() => run(home, 'wallet', 'receive', ...words, at('c.png'), '--json')); // it waits for the match code
  writeFileSync(at('code'), JSON.parse(run('a', 'desk', 'code', id, ...as, '--json')).tx_code);
  return JSON.parse(run(home, 'wallet', 'receive', ...words, '--continue', '--tx-code-file', at('code'), '--json')).loss_code;
}
