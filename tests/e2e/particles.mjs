// SPDX-License-Identifier: Apache-2.0
// D-472: the pages choose particles as the program does: the same cases as tests/unit/host/test_i18n.c.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const { particle } = await import(new URL('build/release/web/particle.mjs', root));
const cases = JSON.parse(readFileSync(new URL('tests/unit/host/particles.json', root), 'utf8'));
assert.ok(cases.length >= 40);
for (const [text, pair, want] of cases) assert.equal(particle(text, ...pair.split('/')), want, `${text} ${pair}`);
