// SPDX-License-Identifier: Apache-2.0
// asan
// How much whole routes and commands do for what a stranger sends: edges of our own code in all processes, counted in the sanitizer
// build (tests/support/record.c), from the accepted connection to the answer. At most so many an octet, beyond what any request of
// that route costs, for the largest body that it takes. In other builds nothing is counted; the bodies are answered all the same.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { at, b64, call, callers, elsewhere, inside, jwe, jws, pair, program, send } from './_country.mjs';

const PER_OCTET = 60, BASE = 6e5; // measured: 18 at most, and 500,000 to begin with for a command
process.env.JUMIN_RECORD = at('record'); // of this test alone
const counted = () => (existsSync(at('record')) ? Number(readFileSync(at('record')).readBigUInt64LE(0x2000)) : 0);
let n = 0, worst = [0, ''];
async function measured(what, octets, f) {
  const before = counted(), got = await f(), done = counted() - before;
  if (process.env.JUMIN_WORK_PRINT) console.log(`${String(done).padStart(11)} edges ${(done / octets).toFixed(1).padStart(8)} an octet of ${octets}: ${what}`);
  assert.ok(done <= BASE + PER_OCTET * octets, `${what}: ${done} edges for ${octets} octets`);
  if (done / octets > worst[0] && octets > 10000) worst = [done / octets, what];
  n++;
  return got;
}

// -- bodies of exactly so many octets --------------------------------------------------------------------------------------
const fill = (max, head, item, tail) => { // as many items as fit; blanks up to the end
  let text = head;
  for (let i = 0; ; i++) {
    const next = item(i);
    if (text.length + next.length + tail.length > max) break;
    text += next;
  }
  return text + tail + ' '.repeat(Math.max(0, max - text.length - tail.length));
};
const comma = (i) => (i ? ',' : '');
const object = (k) => `{${Array.from({ length: k }, (_, i) => `"${'p'.repeat(20)}${k - i}":0`).join(',')}}`;
const json = (max) => ({
  'blanks': fill(max, '{', () => ' ', '}'),
  'deepest': fill(max, '[', (i) => `${comma(i)}${'['.repeat(30)}${']'.repeat(30)}`, ']'),
  'one object': fill(max, '{"":0', (i) => (i < 1022 ? `,"${'p'.repeat(Math.min(400, max >> 11))}${i}":0` : ''.padEnd(max)), '}'),
  'objects': fill(max, '[', (i) => `${comma(i)}${object(Math.min(1000, max >> 6))}`, ']'),
  'empty objects': fill(max, '[', (i) => `${comma(i)}{}`, ']'),
  'escapes': fill(max, '{"a":"', () => '\\ud83d\\ude00', '"}'),
  'unclosed': fill(max, '[', () => '"\\"",', '"'),
  'numbers': fill(max, '[', (i) => `${comma(i)}-1.5e-9`, ']'),
});
const form = (max) => ({
  'separators': '&'.repeat(max),
  'percent': `a=${'%41'.repeat(Math.floor((max - 2) / 3))}`,
  'blanks': `a=${'+'.repeat(max - 2)}`,
  'fields': fill(max, 'x=1', (i) => (i < 62 ? `&${'p'.repeat((max >> 6) - 30)}${i}=%e3%85%a4` : ''.padEnd(max)), '').trimEnd(),
});

const presentations = (max) => {
  const token = (payload, more = {}) => jws({ typ: 'dc+sd-jwt', ...more }, payload, pair().key);
  const claims = { vct: 'urn:jumin:kr:resident:1', exp: 2000000000 };
  return {
    'tildes': '~'.repeat(max),
    'disclosures': `${token({ ...claims, _sd: [] })}~${Array.from({ length: 256 }, (_, i) => b64(['s', `n${i}`, 'v'.repeat((max >> 9) - 20)])).join('~')}~`,
    'digests': `${token({ ...claims, _sd: Array.from({ length: 900 }, (_, i) => createHash('sha256').update(`${i}`).digest('base64url')) })}~`,
    'nested digests': `${token({ ...claims, a: Array.from({ length: 400 }, () => ({ b: [{ '...': 'x' }], _sd: ['y'] })) })}~`,
    'a long token': `${token({ ...claims, a: JSON.parse(json(40000).deepest) })}~`,
    'certificates': `${token(claims, { x5c: Array.from({ length: 5 }, () => randomBytes(6000).toString('base64')) })}~`,
    'no token': 'A'.repeat(max),
  };
};

await inside(async (country) => {
  const { base, to, post, service } = country, caller = await callers(country);
  await elsewhere(base);
  const { routes } = JSON.parse(execFileSync(program, ['describe', '--json'], { encoding: 'utf8' }));
  const ask = async () => {
    const { request_uri } = await post(base.verifier, '/api/requests', '{}', service), id = new URL(request_uri).pathname.split('/').pop();
    const object = await (await fetch(request_uri, { method: 'POST', body: new URLSearchParams({ wallet_nonce: 'n' }) })).text();
    return { id, key: JSON.parse(Buffer.from(object.split('.')[1], 'base64url')).client_metadata.jwks.keys[0], query: JSON.parse(Buffer.from(object.split('.')[1], 'base64url')).dcql_query.credentials[0].id };
  };
  const open = await ask();
  const target = (r) => r.path.replace(/\{[^}]*\}/, r.role === 'verifier' ? open.id : '0'.repeat(32));

  for (const r of routes.filter((x) => x.media !== 'none'))
    for (const [what, body] of Object.entries(r.media === 'form' ? form(r.body_max) : json(r.body_max))) {
      assert.ok(Buffer.byteLength(body) <= r.body_max && Buffer.byteLength(body) > r.body_max / 2, `${what} ${body.length} of ${r.body_max}`);
      const headers = await caller(r);
      const got = await measured(`${r.method} ${r.path}: ${what}`, body.length + headers.join('').length, () => call(to(r), r, target(r), { body, headers }));
      assert.ok(got.status < 500, `${r.path} ${what}: ${got.status} ${JSON.stringify(got.json)}`);
    }

  // -- what stands in a good message: proofs, attestations, an encrypted answer
  const attest = routes.find((r) => r.path === '/provider/attest'), key = pair();
  const proof = (more) => jws({ typ: 'jumin-instance+jwt', jwk: key.jwk }, { aud: base.provider, challenge: 'x', iat: Math.floor(Date.now() / 1000), platform: 'p', ...more }, key.key);
  for (const [what, b] of Object.entries({
    'a deep proof': { proof: proof({ a: JSON.parse(json(2400).deepest) }) },
    '64 keys': { proof: proof({}), keys: Array.from({ length: 64 }, () => jws({ typ: 'jumin-key+jwt', jwk: key.jwk }, { challenge: 'x', instance: 'y', a: '['.repeat(100) }, key.key)) },
  })) {
    const body = JSON.stringify(b);
    const got = await measured(`POST /provider/attest: ${what}`, body.length, () => call(to(attest), attest, attest.path, { body }));
    assert.equal(got.status, 400, JSON.stringify(got.json));
  }
  const credential = routes.find((r) => r.path === '/credential');
  for (const [what, proofs] of Object.entries({
    '64 proofs': { jwt: Array.from({ length: 64 }, () => jws({ typ: 'openid4vci-proof+jwt', jwk: key.jwk, a: 'x'.repeat(4000) }, { aud: base.issuer, iat: Math.floor(Date.now() / 1000), nonce: 'x' }, key.key)) },
    'a deep attestation': { attestation: [jws({ typ: 'key-attestation+jwt', x5c: ['AAAA'] }, { attested_keys: JSON.parse(json(40000).deepest) }, key.key)] },
    'its certificates': { attestation: [jws({ typ: 'key-attestation+jwt', x5c: Array.from({ length: 5 }, () => randomBytes(6000).toString('base64')) }, {}, key.key)] },
  })) {
    const body = JSON.stringify({ credential_configuration_id: 'resident-sdjwt', proofs }), headers = await caller(credential);
    const got = await measured(`POST /credential: ${what}`, body.length, () => call(to(credential), credential, '/credential', { body, headers }));
    assert.equal(got.status, 400, JSON.stringify(got.json));
  }
  const { jwks: { keys: [sealedTo] } } = (await send({ url: base.issuer }, 'GET', '/.well-known/openid-credential-issuer', [])).json.credential_request_encryption;
  for (const [what, plain] of Object.entries(json(300000))) {
    const body = jwe(sealedTo, plain), headers = await caller(credential);
    const got = await measured(`POST /credential, inside: ${what}`, body.length, () => call(to(credential), credential, '/credential', { body, type: 'application/jwt', headers }));
    assert.ok(got.status >= 400 && got.status < 500 && got.code !== 'JM_VCI_ENCRYPTION', `${what}: ${JSON.stringify(got.json)}`);
  }
  for (const [what, text] of Object.entries(presentations(400000))) {
    const { id, key: enc, query } = await ask();
    const body = `response=${jwe(enc, JSON.stringify({ vp_token: { [query]: [text] } }))}`;
    const got = await measured(`POST /response: ${what}`, body.length, () => send({ url: base.verifier }, 'POST', `/response/${id}`, ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body)));
    assert.ok(got.status >= 400 && got.status < 500 && !got.code.startsWith('JM_JOSE_JWE'), `${what}: ${JSON.stringify(got.json)}`);
  }
  for (const [what, plain] of Object.entries(json(700000))) {
    const { id, key: enc } = await ask();
    const body = `response=${jwe(enc, plain)}`;
    const got = await measured(`POST /response, inside: ${what}`, body.length, () => send({ url: base.verifier }, 'POST', `/response/${id}`, ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body)));
    assert.ok(got.status >= 400 && got.status < 500, `${what}: ${JSON.stringify(got.json)}`);
  }
  // -- heads: what is read before anybody is known
  const token = routes.find((r) => r.path === '/token'), long = (o) => b64(JSON.stringify(o)), junk = JSON.parse(json(6000).deepest);
  for (const [what, headers] of Object.entries({
    'DPoP': [`DPoP: ${jws({ typ: 'dpop+jwt', jwk: key.jwk, a: junk }, { a: junk }, key.key)}`],
    'attestation': [`OAuth-Client-Attestation: ${jws({ typ: 'oauth-client-attestation+jwt', x5c: Array.from({ length: 3 }, () => randomBytes(2500).toString('base64')) }, { a: junk }, key.key)}`, `OAuth-Client-Attestation-PoP: ${long({})}.${long(junk)}.AA`],
    'X-': Array.from({ length: 50 }, (_, i) => `X-${'a'.repeat(300)}-${i}: ${'b'.repeat(200)}`),
  })) {
    const got = await measured(`POST /token, head: ${what}`, headers.join('').length, () => call(to(token), token, '/token', { body: 'grant_type=x', headers }));
    assert.ok(got.status >= 400 && got.status < 500, `${what}: ${got.status}`);
  }

  // -- commands that read a stranger's file
  const file = (text) => { writeFileSync(at('strange'), text); return at('strange'); };
  const strange = { ...Object.fromEntries(Object.entries(json(500000)).map(([k, v]) => [`JSON, ${k}`, v])), ...presentations(400000),
    'CBOR, deep': Buffer.alloc(400000, 0x81), 'CBOR, maps': Buffer.concat(Array.from({ length: 400 }, () => Buffer.concat([Buffer.from([0xb9, 0x03, 0xe8]), ...Array.from({ length: 1000 }, (_, i) => Buffer.from([0x19, (1000 - i) >> 8, (1000 - i) & 255, 0]))]))),
    'DER, deep': Buffer.alloc(400000, 0x30), 'noise': randomBytes(400000), 'hex': Buffer.alloc(400000, 0x41), 'PEM': `-----BEGIN CERTIFICATE-----\n${'QUFB'.repeat(100000)}\n-----END CERTIFICATE-----\n` };
  for (const [what, text] of Object.entries(strange))
    for (const words of [['inspect', file(text)], ['trust', 'import', at('strange'), '--pin', createHash('sha256').update(text).digest('hex')], ['wallet', 'receive', at('strange'), '--passphrase-file', at('words')],
      ['rp', 'register', '--request', at('b/verifier/request.csr'), '--services', at('strange'), '--cert-out', at('x.pem')], ['rp', 'register', '--request', at('strange'), '--services', at('bank.json'), '--cert-out', at('x.pem')]]) {
      const r = await measured(`jumin ${words[0]}: ${what}`, text.length, async () => spawnSync(program, ['--home', at(words[0] === 'rp' ? 'a' : 'b'), ...words], { encoding: 'utf8', input: '' }));
      assert.ok([1, 2, 3, 4, 5].includes(r.status), `${words[0]} ${what}: ${r.status} ${r.signal} ${r.stderr.slice(0, 300)}`);
    }
  if (/asan$/.test(process.env.JUMIN_BUILD ?? '')) assert.ok(counted() > 1e7, 'nothing was counted');
  console.log(`${n} bodies, heads and files; at most ${worst[0].toFixed(1)} edges an octet: ${worst[1]}`);
});
