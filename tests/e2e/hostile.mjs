// SPDX-License-Identifier: Apache-2.0
// asan
// Issuers, providers and verifiers that break off, answer nonsense or refuse, as the wallet's commands meet them: each ends
// with a code of its own, and what waits can go on when the other side is itself again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { at, between, inside, program, run, send } from './_country.mjs';

let n = 0;
const env = { ...process.env, LC_ALL: 'C' };
// Not in this thread: the servers that answer live here.
const jumin = (...words) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at('w'), '--json', ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, out, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1] }));
});
const wallet = (verb, ...more) => jumin('wallet', verb, '--passphrase-file', at('words'), ...more);
async function refused(code, ...words) {
  n++;
  const r = await wallet(...words);
  assert.equal(r.code, code, `${words.join(' ')}: ${r.exit} ${r.err} ${r.out}`);
  assert.ok([1, 3, 4].includes(r.exit), `${code}: ${r.exit}`);
}

await inside(async (country) => {
  const { base, post, clerk, citizens, service } = country;
  writeFileSync(at('words'), 'long enough words\n', { mode: 0o600 });
  run('w', 'init', '--wallet', '--passphrase-file', at('words'), '--trust', at('a/trust/set.cbor'), '--pin', country.pin);
  const [holder] = citizens;
  const opened = await post(base.issuer, '/desk/cases', JSON.stringify({ person: holder.person, route: 'qr', issue_date: holder.plastic.issue_date, authority: holder.plastic.authority }), clerk);
  const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(opened.credential_offer_uri)}`;
  const instead = (role, at_, answer) => { between[role] = (method, path) => (path.startsWith(at_) ? answer : null); };

  // -- an offer: elsewhere, gone, no offer
  const elsewhere = createServer((q, s) => s.end(JSON.stringify({ credential_issuer: 'http://127.0.0.1:1', credential_configuration_ids: ['a'],
    grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'c' } } })));
  await new Promise((r) => { elsewhere.listen(0, '127.0.0.1', r); });
  await refused('JM_WALLET_ISSUER_UNKNOWN', 'receive', `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`http://127.0.0.1:${elsewhere.address().port}/o`)}`);
  elsewhere.close();
  instead('issuer', '/offer', { status: 410 });
  await refused('JM_WALLET_OFFER_GONE', 'receive', offer);
  instead('issuer', '/offer', { status: 200, body: 'no offer' });
  await refused('JM_WALLET_OFFER_FORM', 'receive', offer);
  instead('issuer', '/offer', { status: 200, body: JSON.stringify({ credential_issuer: base.issuer, credential_configuration_ids: ['a'],
    grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'c' } } }) });
  await refused('JM_WALLET_TICKET_MISSING', 'receive', offer);
  instead('issuer', '/offer', 'cut');
  await refused('JM_WALLET_OFFER_FETCH', 'receive', offer);

  // -- metadata and the provider
  instead('issuer', '/.well-known', { status: 200, body: '{}' });
  await refused('JM_WALLET_METADATA', 'receive', offer);
  instead('issuer', '/none', null);
  instead('provider', '/provider', { status: 200, body: '{}' });
  await refused('JM_WALLET_PROVIDER', 'receive', offer);
  instead('provider', '/none', null);

  // -- bound; then the token and the credential endpoint misbehave, and the same state goes on
  await refused('JM_WALLET_MATCH_CODE_NEEDED', 'receive', offer);
  const { tx_code } = await post(base.issuer, `/desk/cases/${opened.case}/code`, '{}', clerk);
  writeFileSync(at('code'), `${tx_code}\n`, { mode: 0o600 });
  const go = ['receive', '--continue', '--tx-code-file', at('code')];
  instead('issuer', '/token', { status: 503 });
  await refused('JM_WALLET_SERVER_UNAVAILABLE', ...go);
  instead('issuer', '/token', { status: 400, body: '{"error":"invalid_request"}' });
  await refused('JM_WALLET_TOKEN_REFUSED', ...go);
  instead('issuer', '/none', null);
  const done = await wallet(...go);
  assert.equal(done.exit, 0, done.err);

  // -- fresh copies: refused, and none that would hold
  instead('issuer', '/credential', { status: 400, body: '{"error":"credential_request_denied"}' });
  await refused('JM_WALLET_CREDENTIAL_REFUSED', 'refresh');
  instead('issuer', '/credential', { status: 200, body: '{"credentials":[{"credential":"x"},{"credential":"y"},{"credential":"x"},{"credential":"y"},{"credential":"x"}]}' });
  await refused('JM_WALLET_CREDENTIAL_INVALID', 'refresh');
  instead('issuer', '/none', null);

  // -- verifiers
  const ask = async () => (await post(base.verifier, '/api/requests', '{}', service)).invocation;
  const result = async (url) => (await send({ url: base.verifier }, 'GET', new URL(url).pathname, service)).json;
  await refused('JM_VP_INVOCATION', 'respond', 'openid4vp://?client_id=x');
  for (const more of [[], ['--approve', 'full_name']]) { // a holder who does not agree, with closed stdin or to something else: the clerk need not wait
    const declined = await post(base.verifier, '/api/requests', '{}', service);
    await refused('JM_WALLET_NOT_APPROVED', 'respond', declined.invocation, ...more);
    const told = await result(`${base.verifier}/api/requests/${declined.id}`);
    assert.equal(told.state, 'CANCELLED', JSON.stringify(told));
    assert.match(JSON.stringify(told), /access_denied/);
  }
  const asked = await ask();
  // members of wallet metadata bare in the form, as a library in wide use sends them: unknown ones are passed over (RFC 6749 3.2)
  const bare = 'vp_formats_supported=%7B%22dc%2Bsd-jwt%22%3A%7B%7D%7D&response_types_supported=%5B%22vp_token%22%5D';
  const fetched = await send({ url: base.verifier }, 'POST', new URL(new URLSearchParams(asked.split('?')[1]).get('request_uri')).pathname,
    ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${bare.length}`], Buffer.from(bare));
  assert.equal(fetched.status, 200);
  assert.equal(fetched.headers['content-type'], 'application/oauth-authz-req+jwt');
  instead('verifier', '/request', { status: 404 });
  await refused('JM_VP_REQUEST_GONE', 'respond', asked, '--approve', 'age_over_19');
  instead('verifier', '/request', { status: 200, body: 'no request', type: 'application/oauth-authz-req+jwt' });
  await refused('JM_VP_REQUEST_FORM', 'respond', asked, '--approve', 'age_over_19');
  instead('verifier', '/response', 'cut');
  await refused('JM_VP_SEND', 'respond', asked, '--approve', 'age_over_19');
  instead('verifier', '/response', { status: 400, body: '{"error":"invalid_request"}' });
  await refused('JM_WALLET_VERIFIER_REFUSED', 'respond', asked, '--approve', 'age_over_19');
  instead('verifier', '/none', null);
  between.verifier = (method, path) => (path.startsWith('/response') ? { status: 200, body: '{"redirect_uri":"https://bank.example/cb#response_code=1"}' } : null);
  const onward = await wallet('respond', await ask(), '--approve', 'age_over_19');
  assert.equal(JSON.parse(onward.out).redirect_uri, 'https://bank.example/cb#response_code=1', onward.out);
  instead('verifier', '/none', null);
  for (let i = 0; i < 2; i++) assert.equal((await wallet('respond', await ask(), '--approve', 'age_over_19', '--out', at(`answer${i}`))).exit, 0);
  await refused('JM_WALLET_COPIES_USED', 'respond', await ask(), '--approve', 'age_over_19'); // five copies, each shown once, whatever came of it

  // -- the end of the card: not without the issuer
  instead('issuer', '/card/deletion', { status: 400, body: '{"error":"credential_request_denied"}' });
  await refused('JM_WALLET_DELETE_REFUSED', 'delete', '--yes');
  instead('issuer', '/none', null);
  const deleted = await wallet('delete', '--yes');
  assert.equal(deleted.exit, 0, deleted.err);
  console.log(`${n} refusals`);
}, ['issuer', 'provider', 'verifier']);
