// SPDX-License-Identifier: Apache-2.0
// asan
// I-23: each member of each message has a bound, told by `jumin describe` out of the tables that decode it: sent at its bound it is
// not refused for that, one beyond it is, by the precise code and by its name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { call, callers, inside, program } from './_country.mjs';

await inside(async (country) => {
  const { base, to, post } = country, caller = await callers(country);
  const { routes } = JSON.parse(execFileSync(program, ['describe', '--json'], { encoding: 'utf8' }));
  const { request_uri } = await post(base.verifier, '/api/requests', '{}', country.service);
  const request = new URL(request_uri).pathname.split('/').pop(), id = '00112233445566778899aabbccddeeff';
  const target = (r) => r.path.replace(/\{[^}]*\}/, r.role === 'verifier' ? request : id);

  // public standards have one error for every body of no use there
  const one = { '/credential': 'JM_VCI_REQUEST_FORM', '/notification': 'JM_VCI_NOTIFICATION_FORM', '/deferred_credential': 'JM_VCI_REQUEST_FORM', '/response/{id}': 'JM_VP_RESPONSE_FORM' };
  const json = (n) => (n < 4 ? '1' : `["${'a'.repeat(n - 4)}"]`);
  // kind → JSON of something that will do, of the greatest that is taken, of the least that is not, and the code for it
  const kinds = {
    text: (n) => ['"1"', `"${'a'.repeat(n)}"`, `"${'a'.repeat(n + 1)}"`, 'JM_API_FIELD_LIMIT'],
    octets: (n) => ['"1"', `"${'a'.repeat(n)}"`, `"${'a'.repeat(n + 1)}"`, 'JM_API_FIELD_LIMIT'],
    base64url: (n) => ['"AAAA"', `"${'A'.repeat(n)}"`, `"${'A'.repeat(n + 1)}"`, 'JM_API_FIELD_LIMIT'],
    json: (n) => ['1', json(n), json(n + 1), 'JM_API_FIELD_LIMIT'],
    integer: (n) => ['1', `${n}`, `${n + 1}`, 'JM_API_FIELD_LIMIT'],
    boolean: () => ['false', 'true', '1', 'JM_API_FIELD_TYPE'],
    date: () => ['"2000-01-01"', '"9999-12-31"', '"9999-12-310"', 'JM_API_FIELD_FORM'],
    id: () => [`"${id}"`, `"${'f'.repeat(32)}"`, `"${'f'.repeat(33)}"`, 'JM_API_FIELD_FORM'],
  };
  const whole = { '/local/register/generate count': '"seed":2147483648' }; // 100,000 people are not made here: what follows is refused
  const body = (r, m, value, rest) => (r.media === 'form' ? new URLSearchParams([[m.name, JSON.parse(value)], ...rest.map((x) => [x.name, JSON.parse(kinds[x.kind](x.max)[0])])]).toString()
    : `{"${m.name}":${value}${whole[`${r.path} ${m.name}`] ? `,${whole[`${r.path} ${m.name}`]}` : rest.map((x) => `,"${x.name}":${kinds[x.kind](x.max)[0]}`).join('')}}`);
  let n = 0;

  for (const r of routes.filter((x) => x.media !== 'none' && x.media !== 'any')) {
    assert.ok(r.message, `${r.method} ${r.path} has no message`);
    const { members } = r.message;
    const says = (got) => got.json?.error_description ?? got.json?.error?.message ?? '';
    const sent = async (m, value) => call(to(r), r, target(r), { body: body(r, m, value, members.filter((x) => x.required && x !== m)), headers: await caller(r) });

    for (const m of members) {
      const what = `${r.method} ${r.path} ${m.name}`, [, at, beyond, kind] = kinds[m.kind](m.max), code = one[r.path] ?? kind;
      assert.ok(m.max > 0, `${what} has no bound`);
      const taken = await sent(m, at);
      assert.ok(taken.status < 500 && !(taken.code === code && says(taken).includes(`(${m.name})`)), `${what} at its bound: ${taken.status} ${JSON.stringify(taken.json)}`);
      const refused = await sent(m, beyond);
      assert.ok(refused.status === 400 || refused.status === 413, `${what} beyond its bound: ${refused.status} ${JSON.stringify(refused.json)}`);
      assert.equal(refused.code, code, `${what} beyond its bound`);
      assert.ok(says(refused).includes(`(${m.name})`), `${what}: ${says(refused)}`);
      n++;
      if (m.kind !== 'text' || m.max < 3) continue; // octets are counted, not characters
      const wide = await sent(m, `"${'가'.repeat(Math.floor(m.max / 3) + 1)}"`);
      assert.deepEqual([wide.code, says(wide).includes(`(${m.name})`)], [one[r.path] ?? 'JM_API_FIELD_LIMIT', true], `${what}, three octets a character`);
    }
    // all of them at their bounds are still a body that is read (a plain vp_token stands in place of a response)
    const all = members.filter((m) => m.name !== 'vp_token').map((m) => `"${m.name}":${kinds[m.kind](m.max)[1]}`).join(',');
    assert.ok(all.length + 2 <= r.body_max, `${r.method} ${r.path}: ${all.length + 2} of ${r.body_max}`);
    // in a form each octet may become three; those of a JWE do not
    const form = members.filter((m) => m.name !== 'vp_token').reduce((sum, m) => sum + m.name.length + 2 + m.max * (m.name === 'response' ? 1 : 3), 0);
    assert.ok(r.media !== 'form' || form <= r.body_max, `${r.method} ${r.path}: ${form} of ${r.body_max}`);
  }
  console.log(`${n} members at their bounds and beyond`);
});
