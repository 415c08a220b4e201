// SPDX-License-Identifier: Apache-2.0
// Runs one test program that was built for WebAssembly: it sees the source folder, its environment, cryptography by node, and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { crypto, leaving } from './node.mjs';
process.removeAllListeners('warning'); // that WASI is young
const { WASI } = await import('node:wasi');

const vectors = process.env.JUMIN_VECTORS || '../shared/vectors';
const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2), env: process.env, preopens: { '.': '.', ...(existsSync(vectors) ? { [vectors]: vectors } : {}) }, returnOnExit: true });
let instance;
const node = { ...crypto(() => instance.exports.memory), ...leaving(() => instance.exports) };
instance = await WebAssembly.instantiate(await WebAssembly.compile(readFileSync(process.argv[2])), { wasi_snapshot_preview1: wasi.wasiImport, node });
process.exitCode = wasi.start(instance);
