// SPDX-License-Identifier: Apache-2.0
// asan
// Another wallet provider: admitted by two operators, with keys that name an instance or with keys that name none; suspended, and back,
// also under another root.
// Its certificates and attestations are made here; nobody of ours helps.
import assert from 'node:assert/strict';
import { createHash, randomBytes, sign as ecdsa } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { at, inside, jws, matchCode, now, offered, pair, preAuthorized, program, redeem, reread, run, send, wallet } from './_country.mjs';

// -- certificates: RFC 5280, as short as can be
const der = (tag, ...parts) => {
  const b = Buffer.concat(parts), n = b.length;
  return Buffer.concat([Buffer.from(n < 128 ? [tag, n] : n < 256 ? [tag, 0x81, n] : [tag, 0x82, n >> 8, n & 255]), b]);
};
const oid = (hex) => der(6, Buffer.from(hex, 'hex')), seq = (...p) => der(0x30, ...p), bits = (b) => der(3, Buffer.from([0]), b);
const name = (cn) => seq(der(0x31, seq(oid('550406'), der(0x13, Buffer.from('KR')))), der(0x31, seq(oid('550403'), der(0x0c, Buffer.from(cn)))));
const time = (s) => der(0x17, Buffer.from(`${new Date(s * 1000).toISOString().replace(/[-:T]|\.\d+/g, '').slice(2)}`));
const spki = ({ jwk }) => seq(seq(oid('2a8648ce3d0201'), oid('2a8648ce3d030107')), bits(Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')])));
const keyId = (k) => createHash('sha1').update(spki(k).subarray(-65)).digest();
function certificate(cn, own, up, { ca = false, from = now() - 60, until = now() + 86400 } = {}) {
  const es256 = seq(oid('2a8648ce3d040302')), yes = der(1, Buffer.from([255]));
  const tbs = seq(der(0xa0, der(2, Buffer.from([2]))), der(2, Buffer.concat([Buffer.from([1]), randomBytes(9)])), es256, name(up.cn), seq(time(from), time(until)), name(cn), spki(own),
    der(0xa3, seq(seq(oid('551d0e'), der(4, der(4, keyId(own)))), seq(oid('551d23'), der(4, seq(der(0x80, keyId(up.key))))),
      seq(oid('551d0f'), yes, der(4, der(3, Buffer.from(ca ? [1, 6] : [7, 0x80])))), ...(ca ? [seq(oid('551d13'), yes, der(4, seq(yes)))] : []))));
  return seq(tbs, es256, bits(ecdsa('sha256', tbs, { key: up.key.key, dsaEncoding: 'der' })));
}

// -- a provider of its own
const PRODUCT = 'eu-wallet';
function authority(cn) {
  const root = pair(), leaf = pair(), up = { cn, key: root }, ca = certificate(cn, root, up, { ca: true });
  return { root, leaf, up, ca, record: `cert/${createHash('sha256').update(ca).digest('hex')}`, x5c: [certificate(`${cn} Signer`, leaf, up).toString('base64')] };
}
const first = authority('EU Wallet CA'), second = authority('EU Wallet CA 2'), { root, leaf, up, ca, x5c } = first;
const attests = (sub, by = first) => (jwk) => jws({ typ: 'oauth-client-attestation+jwt', x5c: by.x5c }, { sub, iat: now(), exp: now() + 3600, cnf: { jwk } }, by.leaf.key);
const keys = (nonce, more = {}, by = first) => ({ attestation: [jws({ typ: 'key-attestation+jwt', x5c: by.x5c },
  { iat: now(), exp: now() + 600, nonce, key_storage: ['urn:jumin:key-level:1'], attested_keys: [pair().jwk], ...more }, by.leaf.key)] });

let n = 0;
function refused(exit, code, ...words) {
  const r = spawnSync(program, ['--home', at('a'), ...words], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, input: '' });
  assert.match(r.stderr, new RegExp(`^jumin: ${code}:`, 'm'), `${words.join(' ')}: ${r.status} ${r.stderr}${r.stdout}`);
  assert.equal(r.status, exit, r.stderr);
  n++;
  return r.stderr;
}
const record = (key) => JSON.parse(run('a', 'trust', 'show', '--json')).records.find((r) => r.key === key)?.state;

await inside(async (country) => {
  const { base, citizens } = country;
  const files = { ca: at('eu-ca.der'), second: at('eu-ca-2.der'), leaf: at('eu-leaf.der'), old: at('eu-old.der'), spoilt: at('eu-spoilt.der'), soon: at('eu-soon.der'), own: at('a/public/certs/wallet-ca.der'), noise: at('kim.jwk') };
  writeFileSync(files.ca, ca);
  writeFileSync(files.second, second.ca);
  writeFileSync(files.leaf, Buffer.from(x5c[0], 'base64'));
  writeFileSync(files.old, certificate(up.cn, root, up, { ca: true, from: now() - 7200, until: now() - 3600 }));
  writeFileSync(files.soon, certificate(up.cn, root, up, { ca: true, from: now() + 3600 }));
  writeFileSync(files.spoilt, certificate(up.cn, root, { cn: up.cn, key: { ...root, key: leaf.key } }, { ca: true })); // signed by another key
  for (const who of ['park', 'yoon']) {
    writeFileSync(at(`${who}.jwk`), run('a', 'staff', 'keygen', '--out', at(`${who}.key`)));
    run('a', 'staff', 'add', who, '--role', 'operator', '--centre', '3017000000', '--key', at(`${who}.jwk`));
  }
  const two = ['--as', at('park.key'), '--second-as', at('yoon.key')];
  const words = ({ id = PRODUCT, called = 'EU Wallet', file = files.ca } = {}) => ['provider', 'admit', '--id', id, '--name', called, '--ca', file];

  const foreign = (sub = PRODUCT, by = first) => wallet(country, attests(sub, by));
  const knock = async (sub, by) => send({ url: base.issuer }, 'GET', (await opened).path, await (await foreign(sub, by)).known());
  const ours = await wallet(country), opened = offered(country, citizens[0], ours);
  assert.equal((await knock()).code, 'JM_OAUTH_ATTESTATION_CHAIN'); // nobody's

  // -- who is not admitted, and by whom not
  refused(1, 'JM_RP_SECOND_APPROVER', ...words());
  refused(1, 'JM_RP_SECOND_APPROVER', ...words(), '--as', at('park.key'));
  refused(1, 'JM_STAFF_ROLE', ...words(), '--as', at('park.key'), '--second-as', at('kim.key'));
  refused(2, 'JM_CMD_OPTION_VALUE', ...words({ id: 'EU' }), ...two);
  refused(2, 'JM_API_TEXT', ...words({ called: 'EU\u200b Wallet' }), ...two);
  refused(2, 'JM_CMD_OPTION_VALUE', ...words({ called: 'x'.repeat(81) }), ...two);
  for (const file of [files.leaf, files.old, files.soon, files.spoilt, files.noise, files.own]) refused(2, 'JM_CMD_OPTION_VALUE', ...words({ file }), ...two);
  refused(1, 'JM_TRUST_EXISTS', ...words({ id: ours.product }), ...two);
  refused(1, 'JM_TRUST_ABSENT', 'provider', 'suspend', PRODUCT, '--yes');

  // -- admitted: its wallets get tokens, and cards for keys that name their instance
  run('a', ...words(), ...two);
  refused(1, 'JM_TRUST_EXISTS', ...words(), ...two);
  await reread();
  assert.equal((await knock(ours.product)).code, 'JM_OAUTH_ATTESTATION_CHAIN'); // another's product
  const token = async (mine, citizen) => {
    const o = await offered(country, citizen, mine), tx_code = await matchCode(country, o.id);
    const got = await redeem(country, await mine.headers('/token'), { grant_type: preAuthorized, 'pre-authorized_code': o.code, tx_code });
    assert.equal(got.status, 200, JSON.stringify(got));
    return got.json.access_token;
  };
  const want = async (mine, access, proofs) => {
    const body = JSON.stringify({ credential_configuration_id: 'resident-sdjwt', proofs });
    return send({ url: base.issuer }, 'POST', '/credential', [...(await mine.bearing('/credential', access)), 'Content-Type: application/json', `Content-Length: ${body.length}`], Buffer.from(body));
  };
  const jkt = ({ jwk }) => createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`).digest('base64url');
  const nonce = async (mine) => (await mine.nonces()).c;
  const bound = await foreign(), access = await token(bound, citizens[1]);
  assert.equal((await want(bound, access, keys(await nonce(bound)))).code, 'JM_VCI_KEY_ATTESTATION_INSTANCE');
  assert.equal((await want(bound, access, keys(await nonce(bound), { instance_jkt: jkt(pair()) }))).code, 'JM_VCI_KEY_ATTESTATION_INSTANCE');
  const card = await want(bound, access, keys(await nonce(bound), { instance_jkt: jkt(bound.instance) }));
  assert.equal(card.status, 200, JSON.stringify(card));
  assert.equal(card.json.credentials.length, 1);

  // -- suspended: nobody's again; and back with keys that name none
  const shown = refused(1, 'JM_TRUST_TAKES', 'provider', 'suspend', PRODUCT);
  for (const key of [`wallet/${PRODUCT}`, first.record]) assert.ok(shown.includes(`- ${key}:`), shown);
  run('a', 'provider', 'suspend', PRODUCT, '--yes');
  refused(1, 'JM_TRUST_ABSENT', 'provider', 'suspend', PRODUCT, '--yes');
  assert.deepEqual([record(`wallet/${PRODUCT}`), record(first.record)], ['suspended', 'suspended']);
  await reread();
  assert.equal((await knock()).code, 'JM_OAUTH_ATTESTATION_CHAIN');
  // nor does another provider attest keys in its place: ours would
  assert.equal((await want(bound, access, (await bound.attestedKey(await nonce(bound))).proofs)).code, 'JM_VCI_KEY_ATTESTATION_CHAIN');
  run('a', ...words(), '--keys-unbound', ...two);
  await reread();
  const free = await foreign(), more = await token(free, citizens[2]);
  assert.equal((await want(free, more, keys(await nonce(free), { instance_jkt: jkt(pair()) }))).code, 'JM_VCI_KEY_ATTESTATION_INSTANCE'); // what is named must fit
  const unbound = await want(free, more, keys(await nonce(free)));
  assert.equal(unbound.status, 200, JSON.stringify(unbound));
  // its rights are its own: keys of its making are none of our wallet's
  const mineToken = await token(ours, citizens[3]);
  assert.equal((await want(ours, mineToken, keys(await nonce(ours)))).code, 'JM_VCI_KEY_ATTESTATION_CHAIN');
  assert.equal((await want(ours, mineToken, keys(await nonce(ours), { instance_jkt: jkt(ours.instance) }))).code, 'JM_VCI_KEY_ATTESTATION_CHAIN');

  // -- back under another root: the old one is nowhere trusted, for clients and for keys
  const only = async (by, old, citizen) => {
    assert.deepEqual([record(by.record), record(old.record)], ['active', undefined]);
    await reread();
    assert.equal((await knock(PRODUCT, old)).code, 'JM_OAUTH_ATTESTATION_CHAIN');
    const its = await foreign(PRODUCT, by), may = await token(its, citizen), own = { instance_jkt: jkt(its.instance) };
    assert.equal((await want(its, may, keys(await nonce(its), own, old))).code, 'JM_VCI_KEY_ATTESTATION_CHAIN');
    const got = await want(its, may, keys(await nonce(its), own, by));
    assert.equal(got.status, 200, JSON.stringify(got));
  };
  run('a', 'provider', 'suspend', PRODUCT, '--yes');
  run('a', ...words({ file: files.second }), ...two);
  await only(second, first, citizens[4]);
  // Sets as they may come from elsewhere: a root that has ended stays so; one of a suspended provider that is still active goes, and that is shown.
  const taken = (key, state) => {
    const set = readFileSync(at('a/trust/set.cbor')), { version } = JSON.parse(run('a', 'trust', 'show', '--json'));
    set[set.indexOf(key) + key.length + 3 + 4] = state; // the head of a byte string, {0: rev, 1: state, …}
    set[set.lastIndexOf(Buffer.from([6, version, 7])) + 1] = version + 1;
    writeFileSync(at('taken.cbor'), set);
    run('a', 'trust', 'import', at('taken.cbor'), '--pin', createHash('sha256').update(set).digest('hex'), '--yes', ...two);
  };
  taken(second.record, 3);
  run('a', 'provider', 'suspend', PRODUCT, '--yes');
  assert.deepEqual([record(`wallet/${PRODUCT}`), record(second.record)], ['suspended', 'ended']);
  taken(second.record, 1);
  const goes = refused(1, 'JM_TRUST_TAKES', ...words(), ...two);
  assert.ok(goes.includes(`- ${second.record}:`), goes);
  run('a', ...words(), '--yes', ...two);
  await only(first, second, citizens[5]);
  // -- our own, too: suspended, no wallet finds a provider; back, it is attested where it was before
  writeFileSync(at('words'), 'long enough words\n');
  const holds = (home) => (verb, ...more) => spawnSync(program, ['--home', at(home), '--json', 'wallet', verb, '--passphrase-file', at('words'), ...more], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const holder = (home, pin) => {
    run(home, 'init', '--wallet', '--passphrase-file', at('words'), '--trust', at('a/trust/set.cbor'), '--pin', pin);
    return holds(home);
  };
  const pinned = (...a) => run('a', ...a).trim().split('\n').pop();
  const desk = await country.post(base.issuer, '/desk/cases', JSON.stringify({ person: citizens[6].person, route: 'qr', issue_date: citizens[6].plastic.issue_date, authority: citizens[6].plastic.authority }), country.clerk);
  const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(desk.credential_offer_uri)}`;
  const without = holder('w0', pinned('provider', 'suspend', ours.product, '--yes'))('receive', offer);
  assert.match(without.stderr, /^jumin: JM_WALLET_PROVIDER:/m);
  const mine = holder('w1', pinned(...words({ id: ours.product, called: 'Ours', file: files.own }), ...two));
  assert.match(mine('receive', offer).stderr, /^jumin: JM_WALLET_MATCH_CODE_NEEDED:/m);
  await reread();
  writeFileSync(at('code'), `${await matchCode(country, desk.case)}\n`);
  const received = mine('receive', '--continue', '--tx-code-file', at('code'));
  assert.equal(received.status, 0, received.stderr);
  assert.equal(JSON.parse(received.stdout.trim().split('\n').pop()).copies, 10);
  console.log(`${n} refusals of the command`);
});
