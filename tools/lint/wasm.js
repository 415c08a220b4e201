// SPDX-License-Identifier: Apache-2.0
// wasm.js MODULE: the module imports nothing, which is the cheapest proof that the core does no I/O, and a phone loads it at once.
'use strict';
const fs = require('fs');

const file = process.argv[2];
if (!fs.existsSync(file)) {
    console.log(`${file} is missing: make wasm`);
    process.exit(1);
}
const octets = fs.readFileSync(file);
const module_ = new WebAssembly.Module(octets);
const imports = WebAssembly.Module.imports(module_);
const exports_ = WebAssembly.Module.exports(module_).map((e) => e.name);
for (const i of imports) console.log(`${file}: imports ${i.module}.${i.name} (${i.kind})`);
const instance = imports.length === 0 ? new WebAssembly.Instance(module_, {}) : null;
if (instance !== null) {
    if (instance.exports._initialize) instance.exports._initialize();
    if (!(instance.exports.jm_wasm_version() >= 1)) throw new Error('jm_wasm_version');
}
const foreign = exports_.filter((n) => !/^(jm_\w+|memory|_initialize)$/.test(n));
for (const n of foreign) console.log(`${file}: exports ${n}, which is not of src/wasm`);
const packed = require('zlib').gzipSync(octets, { level: 9 }).length;
if (packed > 150 * 1024) console.log(`${file}: ${packed} octets of gzip, 153600 is the most`);
if (imports.length !== 0 || foreign.length !== 0 || packed > 150 * 1024) process.exit(1);
console.log(`${octets.length} octets (${packed} of gzip), no import, ${exports_.length} exports`);
