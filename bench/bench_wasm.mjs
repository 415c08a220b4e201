#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Calls of the core in WebAssembly (node) and native, by the same program (bench/wasm_core.c), turn by turn: microseconds of the best round of
// each, and how many times as long WebAssembly takes. 20 elements a copy; a status list of a million cards; a query for three claims of ten copies.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../', import.meta.url)), TURNS = 3;
const run = (...argv) => execFileSync(argv[0], argv.slice(1), { cwd, encoding: 'utf8' }).split('\n').map((l) => l.split(' ')).filter((l) => l.length === 3 && Number(l[1]) > 0);
const best = { native: new Map(), wasm: new Map() };
for (let i = 0; i < TURNS; i++)
  for (const [on, ...argv] of [['native', 'build/release/bench/wasm_core'], ['wasm', process.execPath, 'tests/wasm/run.mjs', 'build/wasm/bench/wasm_core.wasm']])
    for (const [name, us] of run(...argv)) best[on].set(name, Math.min(Number(us), best[on].get(name) ?? Infinity));
for (const [name, native] of best.native) {
  const wasm = best.wasm.get(name);
  console.log(`wasm_${name.padEnd(22)} ${native.toFixed(1).padStart(8)} µs native  ${wasm.toFixed(1).padStart(8)} µs in wasm  × ${(wasm / native).toFixed(2)}`);
}
