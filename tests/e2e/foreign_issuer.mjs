// SPDX-License-Identifier: Apache-2.0
// Issuers that are not like ours and still right, and answers that no issuer gave: an identifier with a path, tokens that name
// datasets, a nonce that ran out on the way, a login page in place of metadata.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { altered, at, between, inside, program, run } from './_country.mjs';

const env = { ...process.env, LC_ALL: 'C' };
let home = 'w0', n = 0;
const wallet = (verb, ...more) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at(home), '--json', 'wallet', verb, '--passphrase-file', at('words'), ...more], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, out, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1] }));
});
async function refused(exit, code, word, ...words) {
  const r = await wallet(...words);
  assert.equal(r.code, code, `${words.join(' ')}: ${r.exit} ${r.err} ${r.out}`);
  assert.equal(r.exit, exit, r.err);
  assert.match(r.err, word);
}

await inside(async (country) => {
  const { base, post, clerk, citizens } = country;
  assert.match(base.issuer, /\/kr$/);
  writeFileSync(at('words'), 'long enough words\n', { mode: 0o600 });
  // A clerk opens a case for the next citizen, a new wallet binds it; the match code lies in a file.
  const opened = async () => {
    const holder = citizens[n++];
    home = `w${n}`;
    run(home, 'init', '--wallet', '--passphrase-file', at('words'), '--trust', at('a/trust/set.cbor'), '--pin', country.pin);
    const o = await post(base.issuer, '/desk/cases', JSON.stringify({ person: holder.person, route: 'qr', issue_date: holder.plastic.issue_date, authority: holder.plastic.authority }), clerk);
    return { id: o.case, offer: `OPENID-CREDENTIAL-OFFER://?credential_offer_uri=${encodeURIComponent(o.credential_offer_uri)}\n` };
  };
  const bound = async (o) => {
    await refused(1, 'JM_WALLET_MATCH_CODE_NEEDED', /./, 'receive', o.offer);
    const { tx_code } = await post(base.issuer, `/desk/cases/${o.id}/code`, '{}', clerk);
    writeFileSync(at('code'), `${tx_code}\n`, { mode: 0o600 });
    return ['receive', '--continue', '--tx-code-file', at('code')];
  };
  const copies = (r) => { assert.equal(r.exit, 0, r.err); return JSON.parse(r.out.trim().split('\n').pop()).copies; };

  // -- metadata that are not there are no other issuer's: the server's fault, and worth another try
  let o = await opened();
  for (const [answer, exit, code, word] of [
    [{ status: 503, body: '<html>' }, 4, 'JM_WALLET_SERVER_UNAVAILABLE', /overloaded/],
    [{ status: 404, body: '{}' }, 4, 'JM_WALLET_METADATA', /not there/],
    [{ status: 200, body: '<html>log in</html>', type: 'text/html' }, 4, 'JM_WALLET_METADATA', /no JSON/],
    [{ status: 200, body: Buffer.from([0x1f, 0x8b, 8, 0]) }, 4, 'JM_WALLET_METADATA', /no JSON/],
    [{ status: 200, body: '{"credential_issuer":"https://other.example"}' }, 1, 'JM_WALLET_METADATA', /another/],
    [{ status: 200, body: '{}' }, 1, 'JM_WALLET_METADATA', /another/],
  ]) {
    between.issuer = (method, path) => (path.startsWith('/.well-known/openid-credential-issuer') ? answer : null);
    await refused(exit, code, word, 'receive', o.offer);
  }
  between.issuer = (method, path) => (path.startsWith('/.well-known/oauth-authorization-server') ? { status: 502 } : null);
  await refused(4, 'JM_WALLET_SERVER_UNAVAILABLE', /overloaded/, 'receive', o.offer);
  between.issuer = null;

  // -- a token that is none of ours, and details that say nothing
  let go = await bound(o);
  const token = (change) => { altered.told = (path, json) => (path === '/token' && json.access_token ? { ...json, ...change } : null); };
  for (const [change, word, exit = 1] of [[{ token_type: 'Bearer' }, /token_type/], [{ token_type: undefined }, /token_type/], [{ authorization_details: {} }, /no array/, 3],
    [{ authorization_details: [] }, /other cards/], [{ authorization_details: [{ credential_configuration_id: 'resident-sdjwt' }] }, /credential_identifiers/, 3],
    [{ authorization_details: [{ credential_configuration_id: 'resident-sdjwt', credential_identifiers: [] }] }, /credential_identifiers/, 3],
    [{ authorization_details: [{ credential_configuration_id: 'resident-sdjwt', credential_identifiers: [1] }] }, /no text/, 3],
    [{ authorization_details: [{ credential_configuration_id: 'resident-sdjwt', credential_identifiers: [...Array(9).keys()].map(String) }] }, /more cards/]]) {
    token(change);
    await refused(exit, 'JM_WALLET_TOKEN_REFUSED', word, ...go);
  }
  token({ token_type: 'dpop' }); // in any case
  assert.equal(copies(await wallet(...go)), 10);

  // -- B04: datasets by name, one request each, and no configuration beside it
  o = await opened();
  go = await bound(o);
  const asked = [];
  token({ authorization_details: [{ type: 'openid_credential', credential_configuration_id: 'unknown-to-us', credential_identifiers: ['x'] },
    { type: 'openid_credential', credential_configuration_id: 'resident-sdjwt', credential_identifiers: ['first "dataset"', 'second'] }] });
  altered.asked = (path, json) => {
    if (path !== '/credential') return null;
    asked.push(json.credential_identifier);
    assert.equal(json.credential_configuration_id, undefined);
    const { credential_identifier: _, ...rest } = json;
    return { ...rest, credential_configuration_id: 'resident-sdjwt' };
  };
  assert.equal(copies(await wallet(...go)), 10);
  assert.deepEqual(asked, ['first "dataset"', 'second']);
  altered.asked = altered.told = null;

  // -- B05: a nonce that ran out is asked for again, once
  o = await opened();
  go = await bound(o);
  let times = 0;
  const invalid = { status: 400, body: '{"error":"invalid_nonce"}' };
  between.issuer = (method, path) => (path === '/credential' && times++ === 0 ? invalid : null);
  assert.equal(copies(await wallet(...go)), 10);
  assert.equal(times, 3); // refused, and the two batches
  times = 0;
  between.issuer = (method, path) => (path === '/credential' && ++times ? invalid : null);
  await refused(1, 'JM_WALLET_CREDENTIAL_REFUSED', /invalid_nonce/, 'refresh');
  assert.equal(times, 2);
  between.issuer = null;

  // -- what of an offer is not known is passed over; where nothing is left it is said why
  o = await opened();
  const only = (...ids) => { altered.told = (path, json) => (json.credential_configurations_supported ? { ...json,
    credential_configurations_supported: Object.fromEntries(Object.entries(json.credential_configurations_supported).filter(([id]) => ids.includes(id))) } : null); };
  only();
  await refused(1, 'JM_WALLET_METADATA', /not in the metadata/, 'receive', o.offer);
  only('resident-sdjwt');
  assert.equal(copies(await wallet(...(await bound(o)))), 5);
  altered.told = null;
  console.log(`${n} wallets`);
}, [], '/kr');
