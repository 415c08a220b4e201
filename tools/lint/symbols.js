// SPDX-License-Identifier: Apache-2.0
// symbols.js BUILD: what the core's objects leave undefined, all linked into one, is memory and string functions only.
'use strict';
const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');

const build = process.argv[2];
const list = path.join(build, 'core-objects.txt');
if (!fs.existsSync(list) || !fs.existsSync(path.join(build, 'jumin.wasm'))) {
    console.log(`${build} is not built: make wasm`);
    process.exit(1);
}
const allowed = new Set(['memcpy', 'memmove', 'memset', 'memcmp', 'strlen']);
const objects = fs.readFileSync(list, 'utf8').split('\n').filter((o) => o !== '');
const out = path.join(build, 'core.o');

// A relocatable link turns what is undefined into imports of the result; no llvm-nm is needed.
function undefinedOf(inputs) {
    execFileSync('wasm-ld-19', ['-r', '-o', out, ...inputs]);
    return WebAssembly.Module.imports(new WebAssembly.Module(fs.readFileSync(out)))
        .filter((i) => i.kind === 'function').map((i) => i.name);
}

const bad = undefinedOf(objects).filter((n) => !allowed.has(n) && !/^jm_/.test(n));
for (const name of bad) {
    const users = objects.filter((o) => undefinedOf([o]).includes(name)).map((o) => o.replace(/.*\.dir\//, ''));
    console.log(`${users.join(', ') || 'the core'}: needs ${name}`);
}
if (bad.length !== 0) process.exit(1);
console.log(`${objects.length} objects`);
