// SPDX-License-Identifier: Apache-2.0
// jumin inspect over the public vectors: verdict, exit code, exactly the failing codes; every encoding; what it refuses.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
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

const file = (name) => join(vectors, name);
const json = (name) => JSON.parse(readFileSync(file(name), 'utf8'));
const temp = (name, octets) => {
  const path = join(dir, name);
  writeFileSync(path, octets, { mode: 0o600 });
  return path;
};
const hex = (name) => Buffer.from(readFileSync(file(name), 'utf8').trim(), 'hex');

function inspect(...args) {
  const r = spawnSync(program, ['inspect', '--json', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: r.status, answer: r.stdout ? JSON.parse(r.stdout) : null, stderr: r.stderr };
}

function expect(got, expected, what) {
  assert.deepEqual(got.answer.fail, [...expected.fail].sort(), what);
  for (const code of [...(expected.warn || []), ...(expected.x509 || [])]) assert.ok(got.answer.warn.includes(code), `${what}: ${code}`);
  assert.equal(got.code, expected.fail.length ? 1 : 0, what);
  assert.equal(got.answer.verdict, expected.fail.length ? 'rejected' : 'accepted', what);
  for (const c of got.answer.checks) assert.ok(c.result === 'pass' || c.reason, `${what}: ${c.code} has no reason`);
}

// Annex D, three times, with its DeviceMac
const d = temp('reader.hex', readFileSync(file('iso18013-5-annex-d/ephemeral_reader_key_d.hex')));
const annex = [file('iso18013-5-annex-d/device_response.hex'), '--anchor', file('iso18013-5-annex-d/iaca_root_cert.hex'),
  '--transcript', file('iso18013-5-annex-d/session_transcript_bytes.hex')];
for (const e of json('iso18013-5-annex-d/derived.json').expected)
  expect(inspect(...annex, '--device-key', d, '--at', e.now), e, `annex D at ${e.now}`);

// the reader's key as JWK and PEM
const x = hex('iso18013-5-annex-d/ephemeral_reader_key_x.hex'), y = hex('iso18013-5-annex-d/ephemeral_reader_key_y.hex');
const jwk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url'),
  d: hex('iso18013-5-annex-d/ephemeral_reader_key_d.hex').toString('base64url') };
const { createPrivateKey } = await import('node:crypto');
const key = createPrivateKey({ key: jwk, format: 'jwk' });
for (const [name, text] of [['jwk', JSON.stringify(jwk)], ['sec1', key.export({ type: 'sec1', format: 'pem' })], ['pkcs8', key.export({ type: 'pkcs8', format: 'pem' })]])
  assert.equal(inspect(...annex, '--device-key', temp(name, text), '--at', '2020-10-02T00:00:00Z').code, 0, name);

json('auth0-examples/index.json').forEach((e) => {
  const n = `auth0-examples/example${e.example}`;
  expect(inspect(file(`${n}.deviceResponse.hex`), '--pinned', file('auth0-examples/issuer.pem'), '--transcript',
    file(`${n}.encodedSessionTranscript.hex`), '--at', e.expected.now), e.expected, n);
});

for (const w of json('wallets/index.json')) {
  const args = [file(`wallets/${w.name}.deviceResponse.hex`), '--transcript', temp(`${w.name}.t`, w.session_transcript), '--at', w.expected.now];
  expect(inspect(...args, ...(w.anchor === 'pinned DSC' ? ['--pinned', file(`wallets/${w.dsc_pem}`)] : ['--anchor', file(`wallets/${w.anchor}`)])),
    w.expected, w.name);
  if (w.unrelated_anchor_pem)
    expect(inspect(...args, '--anchor', file(`wallets/${w.unrelated_anchor_pem}`)), { fail: w.expected_with_unrelated_anchor }, 'unrelated');
}

// every encoding, on stdin too
const octets = hex('wallets/animo.deviceResponse.hex');
for (const text of [octets, octets.toString('hex').toUpperCase(), octets.toString('base64'), octets.toString('base64url'), `${octets.toString('base64')}\n`]) {
  const r = inspect(temp('encoded', text), '--at', '2026-01-12T00:00:00Z');
  assert.equal(r.code, 5);
  assert.deepEqual(r.answer.undecided, ['JM_MDOC_CHAIN_NO_ANCHOR', 'JM_MDOC_TRANSCRIPT_NOT_GIVEN']);
}
assert.equal(JSON.parse(spawnSync(program, ['inspect', '--json'], { input: octets }).stdout).kind, 'device-response');

// other kinds
assert.equal(inspect(file('wallets/animo.iaca.pem'), '--at', '2026-01-12T00:00:00Z').answer.kind, 'certificate');
assert.equal(inspect(file('wallets/animo.dsc.pem'), '--anchor', file('wallets/animo.iaca.pem'), '--at', '2026-01-12T00:00:00Z').code, 0);
assert.equal(inspect(file('wallets/animo.dsc.pem'), '--anchor', file('wallets/animo.iaca.pem'), '--at', '2026-01-12T00:00:00Z', '--strict').code, 1);
assert.equal(inspect(file('mso-status/issuer_auth_status_list.hex')).answer.content.documents[0].status.idx, 412);
assert.equal(inspect(file('longfellow-mdoc/06.session_transcript.hex')).answer.kind, 'session-transcript');

// refused
assert.equal(inspect(temp('cut', octets.subarray(0, 500)), '--as', 'device-response').code, 3);
assert.equal(inspect(temp('cut', octets.subarray(0, 500)), '--as', 'device-response').answer.verdict, 'malformed');
assert.equal(inspect(temp('noise', 'what is this?')).code, 3);
assert.equal(inspect(temp('empty', '')).code, 3);
assert.equal(inspect(join(dir, 'none')).code, 3);
assert.equal(inspect(...annex, '--at', 'yesterday').code, 2);
assert.equal(inspect(...annex, '--anchor', temp('noise', 'what is this?')).code, 2);
assert.equal(inspect(...annex, '--device-key', temp('noise', 'what is this?')).code, 2);
assert.match(execFileSync(program, ['inspect', '--help'], { encoding: 'utf8' }), /--show-values/);
console.log('ok');
