// SPDX-License-Identifier: Apache-2.0
// jumin inspect over the OpenID4VC vectors: tokens, lists, offers; and the transcripts, with what explains a failing one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env.JUMIN;
const vectors = process.env.JUMIN_VECTORS || '../shared/vectors';
if (!existsSync(join(vectors, 'README.md'))) {
  console.log('no vectors (JUMIN_VECTORS)');
  process.exit(77);
}
const dir = mkdtempSync(join(tmpdir(), 'jumin-inspect-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
let n = 0;
const file = (name) => join(vectors, name);
const json = (name) => JSON.parse(readFileSync(file(name), 'utf8'));
const temp = (what) => {
  const path = join(dir, `${n++}`);
  writeFileSync(path, typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what), { mode: 0o600 });
  return path;
};

function inspect(...args) {
  const r = spawnSync(program, ['inspect', ...args, '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: r.status, stderr: r.stderr, ...(r.stdout ? JSON.parse(r.stdout) : {}) };
}

// kind, exit code, exactly the failing and undecided codes, at least the notices; each check that did not pass says why
function is(got, kind, code, { fail = [], warn = [], undecided = [] } = {}) {
  assert.equal(got.kind, kind, got.stderr);
  assert.deepEqual(got.fail, fail);
  assert.deepEqual(got.undecided, undecided);
  for (const w of warn) assert.ok(got.warn.includes(w), `${w} in ${got.warn}`);
  assert.equal(got.code, code);
  assert.equal(got.verdict, { 0: 'accepted', 1: 'rejected', 3: 'malformed', 5: 'undecided' }[code]);
  for (const c of got.checks) assert.ok(c.result === 'pass' || c.reason, `${c.code} has no reason`);
  return got;
}

// -- SD-JWT: the example of OpenID4VP with its issuer's bare key
const kb = json('openid4vc/derived/sd-jwt-kb.json'), issuer = ['--pinned', temp(kb.issuer_jwk), '--at', '2025-04-15T18:56:40Z'];
const session = ['--audience', 'https://verifier.example.org', '--nonce', '1234567890'];
const pinned = { warn: ['JM_SDJWT_CHAIN_PINNED', 'JM_SDJWT_STATUS_NONE'] };
const shown = is(inspect(temp(kb.presentation), ...issuer, ...session), 'sd-jwt', 0, pinned);
for (const code of ['JM_SDJWT_ISSUER_SIGNATURE', 'JM_SDJWT_KB_SIGNATURE', 'JM_SDJWT_KB_HASH', 'JM_SDJWT_KB_NONCE', 'JM_SDJWT_KB_AUDIENCE', 'JM_SDJWT_KB_IAT'])
  assert.equal(shown.checks.filter((c) => c.code === code && c.result === 'pass').length, 1, code);
is(inspect(file('openid4vc/openid4vp-1.0/examples/sd_jwt_vcld/01/sd_jwt_presentation.txt'), ...issuer, ...session), 'sd-jwt', 0, pinned);
is(inspect(temp(kb.issuance), ...issuer), 'sd-jwt', 0, pinned);
is(inspect(temp(kb.presentation), ...issuer), 'sd-jwt', 5, { undecided: ['JM_SDJWT_KB_CONTEXT'] });
is(inspect(temp(kb.issuance), '--at', '2025-04-15T18:56:40Z'), 'sd-jwt', 5, { undecided: ['JM_SDJWT_ISSUER_CHAIN'] });
is(inspect(temp(kb.issuance), ...issuer, ...session), 'sd-jwt', 1, { fail: ['JM_SDJWT_KB_MISSING'] });
is(inspect(temp(kb.presentation), ...issuer, '--audience', 'https://verifier.example.org', '--nonce', '123456789'), 'sd-jwt', 1, { fail: ['JM_SDJWT_KB_NONCE'] });
is(inspect(temp(kb.presentation), ...issuer, '--audience', 'verifier.example.org', '--nonce', '1234567890'), 'sd-jwt', 1, { fail: ['JM_SDJWT_KB_AUDIENCE'] });
is(inspect(temp(kb.presentation), '--pinned', temp(kb.issuer_jwk), '--at', '2025-04-15T19:56:40Z', ...session), 'sd-jwt', 1, { fail: ['JM_SDJWT_KB_IAT'] });
const changed = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
const dot = kb.issuance.indexOf('.', kb.issuance.indexOf('.') + 1), tilde = kb.issuance.indexOf('~');
is(inspect(temp(changed(kb.issuance, dot + 5)), ...issuer), 'sd-jwt', 1, { fail: ['JM_SDJWT_ISSUER_SIGNATURE'] });
is(inspect(temp(changed(kb.issuance, tilde + 8)), ...issuer), 'sd-jwt', 1, { fail: ['JM_SDJWT_DISCLOSURE_UNREFERENCED'] });
const parts = kb.issuance.split('~');
is(inspect(temp([parts[0], parts[1], ...parts.slice(1)].join('~')), ...issuer), 'sd-jwt', 1, { fail: ['JM_SDJWT_DISCLOSURE_TWICE'] });
is(inspect(temp('a.b~'), '--as', 'sd-jwt'), 'sd-jwt', 3, { fail: ['JM_JOSE_FORM'] });

// -- JWS: a proof by its own key, attestations with the key of their cnf, one that does not verify, other algorithms
is(inspect(temp(json('openid4vc/derived/oid4vci-proof-jwt.json').proof_jwt)), 'jws', 0);
is(inspect(file('openid4vc/openid4vp-1.0/examples/sd_jwt_vcld/01/kb_jwt_serialized.txt')), 'jws', 5, { undecided: ['JM_JOSE_CHAIN_NO_ANCHOR'] });
const attested = json('openid4vc/derived/client-attestation.json').examples;
const cnf = (e) => temp(JSON.parse(Buffer.from(e.attestation.split('.')[1], 'base64url')).cnf.jwk);
is(inspect(temp(attested['draft-10+'].pop), '--pinned', cnf(attested['draft-10+']), '--at', '2026-03-02T21:40:00Z'), 'jws', 0, { warn: ['JM_JOSE_CHAIN_PINNED'] });
is(inspect(temp(attested['draft-07'].pop), '--pinned', cnf(attested['draft-07']), '--at', '2011-03-22T18:00:00Z'), 'jws', 1, { fail: ['JM_JOSE_SIGNATURE'] });
is(inspect(temp(attested['draft-07'].attestation), '--at', '2026-03-02T21:40:00Z'), 'jws', 1, { fail: ['JM_JOSE_EXPIRED'], undecided: ['JM_JOSE_CHAIN_NO_ANCHOR'] });
// its x5c is a root's own certificate: rule x5c-H, whoever is trusted
is(inspect(file('openid4vc/openid4vci-1.0/examples/wallet_attestation.jwt.txt'), '--at', '2026-01-01T00:00:00Z'), 'jws', 1,
  { fail: ['JM_JOSE_CHAIN_CERTIFICATE', 'JM_JOSE_EXPIRED', 'JM_JOSE_X5C_SELF_SIGNED'], undecided: ['JM_JOSE_CHAIN_NO_ANCHOR'] });
is(inspect(file('openid4vc/openid4vci-1.0/examples/credential_issuer_metadata_sd_jwt_jwt.txt'), '--at', '2026-01-01T00:00:00Z'), 'jws', 1,
  { fail: ['JM_JOSE_CHAIN_CERTIFICATE', 'JM_JOSE_X5C_SELF_SIGNED'], undecided: ['JM_JOSE_CHAIN_NO_ANCHOR'] });
const token = (header, claims = {}) => [header, claims].map((o) => Buffer.from(JSON.stringify(o)).toString('base64url')).concat('A'.repeat(86)).join('.');
is(inspect(temp(token({ alg: 'ES384' }))), 'jws', 1, { fail: ['JM_JOSE_ALG'] });
is(inspect(temp(token({ alg: 'none' }))), 'jws', 1, { fail: ['JM_JOSE_ALG'] });
is(inspect(temp(token({ alg: 'ES256', crit: ['exp'] }))), 'jws', 1, { fail: ['JM_JOSE_CRIT'] });
is(inspect(temp('e30.e30'), '--as', 'jws'), 'jws', 3, { fail: ['JM_JOSE_FORM'] });

// -- JWE
const jwe = json('openid4vc/derived/oid4vp-jwe-response.json');
is(inspect(temp(jwe.jwe)), 'jwe', 5, { undecided: ['JM_JOSE_JWE_OPEN'] });
assert.equal(is(inspect(temp(jwe.jwe), '--device-key', temp(jwe.private_jwk)), 'jwe', 0).content.claims.vp_token, '***');
assert.deepEqual(inspect(temp(jwe.jwe), '--device-key', temp(jwe.private_jwk), '--show-values').content.claims, jwe.expected_payload);
is(inspect(temp(changed(jwe.jwe, jwe.jwe.length - 9)), '--device-key', temp(jwe.private_jwk)), 'jwe', 1, { fail: ['JM_JOSE_JWE_OPEN'] });

// -- status lists, both forms
const list = json('openid4vc/derived/status-list.json'), signer = ['--pinned', temp(list.public_key)], then = ['--at', '2026-01-01T00:00:00Z'];
for (const [kind, octets, form] of [['status-list-token', list.status_list_jwt, 'SDJWT'], ['status-list-cwt', list.status_list_cwt_hex, 'MDOC']]) {
  const c = is(inspect(temp(octets), ...signer, ...then), kind, 0, { warn: [`JM_${form}_CHAIN_PINNED`] }).content;
  assert.deepEqual([c.uri, c.bits, c.entries, c.invalid], ['https://example.com/statuslists/1', 1, 16, 9]);
  is(inspect(temp(octets), ...then), kind, 5, { undecided: [`JM_${form}_STATUS_CHAIN`] });
  is(inspect(temp(octets), ...signer, '--at', '2043-01-01T00:00:00Z'), kind, 1, { fail: [`JM_${form}_STATUS_EXPIRED`] });
  const early = is(inspect(temp(octets), ...signer, '--at', '2020-01-01T00:00:00Z'), kind, 1, { fail: [`JM_${form}_STATUS_STALE`] });
  assert.match(early.checks.find((k) => k.code === `JM_${form}_STATUS_STALE`).reason, /^the list lies \d+ s ahead of the clock here$/);
  is(inspect(temp(octets), '--pinned', temp(kb.issuer_jwk), ...then), kind, 1, { fail: [`JM_${form}_STATUS_SIGNATURE`] });
  is(inspect(temp('e30.e30.AA'), '--as', kind), kind, 3, { fail: [`JM_${form}_STATUS_TYPE`] });
}

// -- offers
const offers = 'openid4vc/openid4vci-1.0/examples/credential_offer';
for (const name of ['by_reference', 'multiple_credentials', 'pre-authz_code'])
  assert.equal(JSON.stringify(is(inspect(file(`${offers}_${name}.json`)), 'offer', 0, { warn: ['JM_WALLET_TICKET_MISSING'] }).content).match(/"pre-authorized_code":"(.*?)"/)[1], '***');
is(inspect(temp(readFileSync(file(`${offers}_authz_code.txt`), 'utf8').split('\n\n')[1])), 'offer', 0, { warn: ['JM_WALLET_TICKET_MISSING'] });
is(inspect(file('openid4vc/haip-1.0/examples/credential_offer_sd_jwt_vc.json')), 'offer', 1, { fail: ['JM_WALLET_OFFER_FORM'] });
is(inspect(file(`${offers}_by_reference.json`), '--strict'), 'offer', 1, { fail: ['JM_WALLET_TICKET_MISSING'] });
const by = (p) => temp(`openid-credential-offer://?${new URLSearchParams(p)}`);
is(inspect(by({ credential_offer_uri: 'https://i.example/o' })), 'offer', 5, { undecided: ['JM_WALLET_OFFER_FETCH'] });
is(inspect(by({ credential_offer: JSON.stringify(json(`${offers}_by_reference.json`)) })), 'offer', 0);
is(inspect(by({ credential_offer: '{}', credential_offer_uri: 'https://i.example/o' })), 'offer', 1, { fail: ['JM_WALLET_OFFER_URI'] });
is(inspect(by({})), 'offer', 1, { fail: ['JM_WALLET_OFFER_URI'] });
is(inspect(temp('{"credential_issuer":'), '--as', 'offer'), 'offer', 3, { fail: ['JM_WALLET_OFFER_FORM'] });

// -- request objects: what is no JWS, and one that nobody signed (ours: the unit test)
is(inspect(temp('x'), '--as', 'request-object'), 'request-object', 3, { fail: ['JM_JOSE_FORM'] });
assert.ok(inspect(temp(token({ alg: 'ES256', typ: 'oauth-authz-req+jwt' }))).fail.includes('JM_VP_REQUEST_CHAIN'));

// -- nothing of these
assert.match(inspect(temp('{"what":"is this"}')).stderr, /JM_CMD_KIND/);
assert.match(inspect(temp('x'), '--as', 'thing').stderr, /JM_CMD_OPTION_VALUE.*thing/);
assert.match(inspect(temp(kb.issuance), '--pinned', temp('{"kty":"EC"}')).stderr, /JM_CMD_OPTION_VALUE.*pinned/);
assert.equal(inspect(temp(kb.issuance), '--pinned', temp(jwe.private_jwk)).code, 2); // a private key is no anchor

// -- transcripts: every row of the vectors, and what explains
const transcript = (...a) => inspect('transcript', ...a);
const built = (r, name) => r.content.handovers.find((h) => h.handover === name).sessionTranscript;
const rows = { redirect: 'oid4vp', 'VP 1.0 DC': 'dcapi', interactive: 'iae', 'Annex C': 'iso-dcapi', 'Annex B': 'oid4vp-2024', 'draft 24': 'dcapi-draft24' };
const option = { client_id: 'client-id', nonce: 'nonce', response_uri: 'response-uri', origin: 'origin', jwk_thumbprint: 'jwk',
  interactive_authorization_endpoint: 'endpoint', encryptionInfo_b64u: 'encryption-info', mdoc_generated_nonce: 'mdoc-nonce' };
const options = (inputs) => Object.entries(inputs).flatMap(([k, v]) => (option[k] ? [`--${option[k]}`, v] : []));
let seen = 0;
for (const v of json('session-transcripts/vectors.json')) {
  const [, name] = Object.entries(rows).find(([k]) => v.name.includes(k));
  assert.equal(built(transcript('--handover', name, ...options(v.inputs)), name), v.session_transcript, v.name);
  seen++;
}
assert.equal(seen, 6);
const [animo, google] = json('wallets/index.json'), a = animo.session_transcript_inputs, g = google.session_transcript_inputs;
const answer = file('wallets/animo.deviceResponse.hex');
const explained = (inputs, handover, response) => {
  const r = transcript('--handover', handover, ...options(inputs), response);
  return [r.code, r.fail.join(), r.content.explained?.handover, r.content.explained?.input].join(' ').trim();
};
assert.equal(explained(a, 'oid4vp', answer), '0  oid4vp');
assert.equal(explained({ ...a, response_uri: `${a.response_uri}/` }, 'oid4vp', answer), '1 JM_MDOC_DEVICE_SIGNATURE oid4vp response-uri');
assert.equal(explained({ ...a, client_id: 'playground.animo.id' }, 'oid4vp', answer), '1 JM_MDOC_DEVICE_SIGNATURE oid4vp client-id');
assert.equal(explained({ ...a, nonce: 'another' }, 'oid4vp', answer), '1 JM_MDOC_DEVICE_SIGNATURE');
assert.equal(explained({ ...a, origin: 'https://x.example' }, 'dcapi', answer), '1 JM_MDOC_DEVICE_SIGNATURE oid4vp');
assert.equal(explained(g, 'dcapi', file('wallets/google.deviceResponse.hex')), '1 JM_MDOC_DEVICE_SIGNATURE dcapi-draft24');
assert.equal(explained({ ...g, origin: `${g.origin}/` }, 'dcapi', file('wallets/google.deviceResponse.hex')), '1 JM_MDOC_DEVICE_SIGNATURE dcapi-draft24 origin');

// Annex D: engagement, reader key and NFC handover out of its transcript; a DeviceMac
const whole = Buffer.from(readFileSync(file('iso18013-5-annex-d/session_transcript_bytes.hex'), 'utf8').trim(), 'hex').subarray(5);
const one = whole.subarray(1, 1 + 4 + whole[4]), two = whole.subarray(1 + one.length, 1 + one.length + 4 + whole[1 + one.length + 3]);
const rest = whole.subarray(1 + one.length + two.length);
const annex = (...h) => transcript(...h, '--engagement', temp(one), '--reader-key', temp(two), '--device-key',
  temp(readFileSync(file('iso18013-5-annex-d/ephemeral_reader_key_d.hex'))), file('iso18013-5-annex-d/device_response.hex'));
const nfc = annex('--handover', temp(rest));
assert.equal(nfc.code, 0);
assert.equal(nfc.content.handovers.find((h) => h.handover === 'file').sessionTranscriptBytesSha256,
  json('iso18013-5-annex-d/derived.json').hkdf_salt_sha256_session_transcript_bytes);
assert.equal(annex('--handover', 'qr').code, 1);

// refused
assert.match(transcript('--handover', 'oid4vp', '--nonce', 'n').stderr, /JM_CMD_OPTION_REQUIRED/);
assert.match(transcript('--handover', join(dir, 'none')).stderr, /JM_CMD_FILE_READ/);
assert.match(transcript('--engagement', temp('no CBOR')).stderr, /JM_CMD_OPTION_VALUE.*engagement/);
assert.match(transcript('--jwk', temp('{}')).stderr, /JM_CMD_OPTION_VALUE.*jwk/);
console.log('ok');
