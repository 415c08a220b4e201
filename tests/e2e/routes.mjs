// SPDX-License-Identifier: Apache-2.0
// asan
// Wrong input to every route of every role, by the tables that `jumin describe` gives: each refusal is a 4xx with one
// precise code, whoever asks: nobody, and the caller that the route wants.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { call, callers, elsewhere, inside, media, program, send } from './_country.mjs';

await inside(async (country) => {
  const { base, to, post } = country;
  const caller = await callers(country);
  await elsewhere(base);
  const nobody = { 'client attestation': 'JM_OAUTH_ATTESTATION_MISSING', dpop: 'JM_OAUTH_TOKEN_MISSING', 'staff session': 'JM_STAFF_SESSION', 'service key': 'JM_VER_KEY',
    local: { issuer: 'JM_STAFF_SESSION', provider: 'JM_PROVIDER_OPERATOR', verifier: 'JM_VER_KEY' } };

  // -- the table ------------------------------------------------------------------------------------------------------------
  const generic = /^(|JM_HTTP_(BAD_REQUEST|UNAUTHENTICATED|DENIED|ABSENT|GONE|CONFLICT|LIMIT|UNAVAILABLE|BUG|OK)|JM_E_.*|JM_OK|server_error)$/;
  const open = await post(base.verifier, '/api/requests', '{}', country.service);
  assert.ok(open.request_uri, JSON.stringify(open));
  const request = new URL(open.request_uri).pathname.split('/').pop();
  const nobodys = '00112233445566778899aabbccddeeff';
  const fill = (r, v = r.role === 'verifier' && /^\/re(quest|sponse)\//.test(r.path) ? request : nobodys) => r.path.replace(/\{[^}]*\}/g, v);
  const one = (method, path) => `${method} ${path}`;
  // public standards have one error for every body of no use there
  const quirk = { '/credential': 'JM_VCI_REQUEST_FORM', '/notification': 'JM_VCI_NOTIFICATION_FORM', '/deferred_credential': 'JM_VCI_REQUEST_FORM', '/response/{id}': 'JM_VP_RESPONSE_FORM' };
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
  // every route stands in the OpenAPI document too, with the members of its body and of its answer
  const { paths } = JSON.parse(execFileSync(program, ['describe', '--openapi'], { encoding: 'utf8' }));
  for (const r of routes) {
    const op = paths[`/${r.role}${r.control ? '-control' : ''}${r.path}`]?.[r.method.toLowerCase()];
    assert.ok(op, `${r.role} ${r.path}`);
    const names = (schema) => Object.keys(schema?.properties ?? {});
    const of = (content) => names(Object.values(content ?? {})[0]?.schema);
    const told = (m) => (m?.members ?? []).flatMap((x) => (x.kind === 'more' ? told(x) : [x.name]));
    assert.deepEqual(of(op.requestBody?.content), told(r.message), r.path);
    assert.deepEqual(of(Object.values(op.responses)[0].content), told(r.answer), r.path);
  }
  /* the ledger has a home of its own: e2e.ledger */
  for (const r of routes.filter((x) => x.role !== 'ledger')) {
    const me = one(r.method, `${r.role} ${r.path}`), here = to(r), target = fill(r), who = () => caller(r);
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

  // what wallets may call is announced, and what is announced is there; a loss anybody reports, where its page is
  const announced = new Set();
  for (const name of ['openid-credential-issuer', 'oauth-authorization-server']) {
    const told = await (await fetch(`${base.issuer}/.well-known/${name}`)).json();
    for (const [member, url] of Object.entries(told)) if (/_endpoint$/.test(member) && member !== 'authorization_endpoint' /* of browsers */) announced.add(url.slice(base.issuer.length));
  }
  assert.deepEqual([...announced, '/loss', '/bridge/join', ...['apdu', 'end'].map((s) => `/bridge/{id}/${s}`), '/orders/cancel', '/orders/list', '/orders/price', ...['abort', 'finish', 'open'].map((s) => `/tap/{id}/${s}`)].sort(), routes.filter((r) => r.role === 'issuer' && r.cors && r.method === 'POST').map((r) => r.path).sort());

  // -- what stands beside the tables --------------------------------------------------------------------------------------------
  for (const path of ['/nonce', '/challenge']) assert.equal((await send({ url: base.issuer }, 'POST', path, [])).status, 200, `${path} without a length`);
  const history = await send({ url: base.status }, 'GET', '/l/0?time=1', []);
  assert.deepEqual([history.status, history.code], [501, 'JM_API_HISTORY']);
  await refused(await send({ url: base.status }, 'GET', '/l/4095', []), 'no such list', 'JM_API_NOT_PUBLISHED');
  await refused(await send({ url: base.status }, 'GET', '/nowhere', []), 'no such path', 'JM_HTTP_NOT_FOUND');
  assert.equal((await send({ url: base.issuer }, 'GET', '/healthz', [])).status, 200);

  // -- two forms at one address (B12, B13): what the client takes, and caches are told -------------------------------------------
  const form = async (url, path, ...headers) => {
    const got = await send({ url }, 'GET', path, headers);
    assert.equal(got.status, 200, path);
    return [got.headers['content-type'].split(';')[0], got.headers['content-encoding'], got.headers.vary];
  };
  const meta = '/.well-known/openid-credential-issuer', jwt = 'application/statuslist+jwt', cwt = 'application/statuslist+cwt';
  for (const [accept, type] of [[[], 'application/json'], [['Accept: */*'], 'application/json'], [['Accept: application/jwt'], 'application/jwt'],
    [['Accept: application/json, application/jwt;q=0'], 'application/json'], [['Accept: application/json;q=0.1, application/jwt;q=0.2'], 'application/jwt'],
    [['Accept: application/jwt;q=0.1, application/json'], 'application/json']])
    assert.deepEqual(await form(base.issuer, meta, ...accept), [type, undefined, 'Accept'], accept);
  for (const [accept, type, coding] of [[[], jwt], [[`Accept: ${cwt}`], cwt], [[`Accept: ${jwt};q=0, ${cwt}`], cwt], [[`Accept: ${cwt};q=0.5, ${jwt}`], jwt],
    [['Accept-Encoding: gzip'], jwt, 'gzip'], [['Accept-Encoding: br, gzip;q=0.1'], jwt, 'gzip'], [['Accept-Encoding: gzip;q=0'], jwt], [['Accept-Encoding: identity'], jwt],
    [[`Accept: ${cwt}`, 'Accept-Encoding: gzip'], cwt]])
    assert.deepEqual(await form(base.status, '/l/0', ...accept), [type, coding, 'Accept, Accept-Encoding'], accept);
  const zip = Buffer.from(await (await fetch(`${base.status}/l/0`, { headers: { 'Accept-Encoding': 'gzip' } })).arrayBuffer()); // fetch inflates
  assert.equal(zip.toString(), await (await fetch(`${base.status}/l/0`, { headers: { 'Accept-Encoding': 'identity' } })).text(), 'the same list');
  console.log(`${routes.length} routes, ${n} refusals, ${codes.size} codes: ${[...codes].sort().join(' ')}`);
});
