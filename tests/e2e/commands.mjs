// SPDX-License-Identifier: Apache-2.0
// asan
// Every command used wrongly, by the descriptors that `jumin describe` gives: exit 2 or 3 and one precise code, in one line
// on stderr and, with --json, as one object on stdout; --help names every option.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env.JUMIN;
const dir = mkdtempSync(join(tmpdir(), 'jumin-commands-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
process.umask(0o077);
const at = (...p) => join(dir, ...p);
const env = { ...process.env, LC_ALL: 'C', HOME: at('nowhere'), JUMIN_HOME: '', XDG_DATA_HOME: '' };
const { commands, common_options } = JSON.parse(execFileSync(program, ['describe', '--json'], { encoding: 'utf8' }));
const generic = /^JM_(E_|OK$|HTTP_(BAD_REQUEST|DENIED|ABSENT|GONE|CONFLICT|LIMIT|BUG|UNAUTHENTICATED)$)/;
let n = 0;
const codes = new Set();

function jumin(home, words) {
  const r = spawnSync(program, ['--json', '--home', at(home), ...words], { encoding: 'utf8', env, input: '', timeout: 60000 });
  const told = /^jumin: (JM_[A-Z0-9_]+): ([^\n]*)\n/m.exec(r.stderr) ?? [];
  assert.equal(r.signal, null, `${words.join(' ')}: ${r.signal} ${r.stderr}`);
  assert.doesNotMatch(r.stderr, /Sanitizer|runtime error/);
  return { exit: r.status, code: told[1], line: told[2], stdout: r.stdout, stderr: r.stderr };
}

// exit status of @exits and a code of its own, said twice alike
function refused(home, words, exits, code) {
  const r = jumin(home, words), what = `${words.join(' ')}: ${r.exit} ${r.stderr}${r.stdout.slice(0, 300)}`;
  n++;
  codes.add(r.code);
  assert.ok(exits.includes(r.exit), what);
  assert.ok(r.code && !generic.test(r.code), what);
  if (code) assert.equal(r.code, code, what);
  assert.equal(JSON.parse(r.stdout).error.code, r.code, what);
  return r;
}

// Homes of each kind, in which nobody runs.
execFileSync(program, ['--home', at('a'), 'init', '--synthetic', '--name', 'Saebyeol'], { env });
const trust = ['--trust', at('a/trust/set.cbor'), '--pin', execFileSync(program, ['--home', at('a'), 'trust', 'show', '--json'], { encoding: 'utf8', env }).match(/[0-9a-f]{64}/)[0]];
writeFileSync(at('words'), 'long enough words\n');
execFileSync(program, ['--home', at('b'), 'init', '--verifier', '--name', 'Hana Bank', ...trust], { env });
execFileSync(program, ['--home', at('w'), 'init', '--wallet', '--passphrase-file', at('words'), ...trust], { env });
const home = (c) => (/^(verifier)/.test(c.name) ? 'b' : /^wallet/.test(c.name) ? 'w' : 'a');
mkdirSync(at('folder'));
writeFileSync(at('noise'), Buffer.from([0xff, 0x00, 0x41, 0x0a]));

// A value of as many octets as an option takes (of a number: that number), or one more.
const value = (o, over) => (o.number ? `${o.max + over}` : 'x'.repeat(o.max + over));
// What stands in for an argument, so that the one wrong thing is the only one.
const stand = (o) => (/FILE|CSR|KEY/.test(o.argument) ? at('words') : /TIME/.test(o.argument) ? '2027-01-01T00:00:00Z' : /DATE/.test(o.argument) ? '2027-01-01' : '1');
const option = (o) => (o.argument ? [`--${o.name}`, stand(o)] : [`--${o.name}`]);
const operands = (c, k) => Array.from({ length: k }, () => 'phone');
const required = (c, but) => c.options.filter((o) => o.required && o !== but).flatMap(option);

/* Sanitizers look at the one place that reads options: each name and kind once is enough for them. */
const seen = new Set(), sanitized = /\/asan\//.test(program);

assert.ok(commands.length >= 32);
for (const c of commands) {
  const words = c.name.split(' '), h = home(c), enough = operands(c, c.operands_min);
  const use = (...more) => [...words, ...required(c), ...enough, ...more];

  // help: two examples first, then every option
  const help = spawnSync(program, [...words, '--help'], { encoding: 'utf8', env });
  assert.equal(help.status, 0, c.name);
  const lines = help.stdout.split('\n');
  for (const i of [0, 1]) assert.match(lines[i], new RegExp(`^jumin (.* )?${words[0]}\\b`), c.name);
  for (const o of [...c.options, ...common_options]) assert.ok(help.stdout.includes(`--${o.name}`), `${c.name} --${o.name}`);

  refused(h, use('--no-such-thing'), [2], 'JM_CMD_OPTION_UNKNOWN');
  refused(h, use('-Z'), [2], 'JM_CMD_OPTION_UNKNOWN');
  refused(h, [...words, ...required(c), ...operands(c, c.operands_max + 1)], [2], 'JM_CMD_OPERANDS');
  if (c.operands_min > 0) refused(h, [...words, ...required(c), ...operands(c, c.operands_min - 1)], [2], 'JM_CMD_OPERANDS');
  for (const o of c.options) {
    const kind = `${o.name} ${o.argument} ${o.max} ${o.repeatable} ${o.required}`;
    if (sanitized && seen.has(kind)) continue;
    seen.add(kind);
    assert.ok(refused(h, [...words, `--${o.name}x`], [2], 'JM_CMD_OPTION_UNKNOWN').line.includes(`--${o.name}?`), `${c.name} --${o.name}x names the nearest`);
    if (!o.repeatable) refused(h, [...words, ...option(o), ...option(o)], [2], 'JM_CMD_OPTION_REPEATED');
    if (o.argument) {
      refused(h, [...words, `--${o.name}`], [2], 'JM_CMD_OPTION_ARGUMENT');
      refused(h, [...words, `--${o.name}=`], [2], 'JM_CMD_OPTION_ARGUMENT');
    } else {
      refused(h, [...words, `--${o.name}=1`], [2], 'JM_CMD_OPTION_VALUE');
    }
    if (o.argument) { // its bound, and one beyond
      assert.ok(o.max > 0, `${c.name} --${o.name} has no bound`);
      const said = refused(h, [...words, ...required(c, o), `--${o.name}`, value(o, 1), ...enough], [2], 'JM_CMD_OPTION_VALUE').line;
      assert.ok(said.includes(`--${o.name}`) && said.includes('at most'), `${c.name}: ${said}`);
      const at = jumin(h, [...words, ...required(c, o), `--${o.name}`, value(o, 0), ...enough]);
      assert.ok(!at.line?.includes('at most'), `${c.name} --${o.name}: ${at.line}`);
    }
    if (o.required) assert.ok(refused(h, [...words, ...required(c, o), ...enough], [2], 'JM_CMD_OPTION_REQUIRED').line.includes(`--${o.name}`), c.name);
  }

  // no UTF-8: node cannot say that, the shell can
  const raw = spawnSync('sh', ['-c', 'exec "$0" --home "$1" --json "$2" "$(printf "\\377")"', program, at(h), words[0]], { encoding: 'utf8', env });
  assert.deepEqual([raw.status, JSON.parse(raw.stdout).error.code], [2, 'JM_CMD_UTF8'], c.name);

  // files that are not there, are folders, are noise; whatever comes first, it is said precisely
  for (const o of c.options.filter((x) => /FILE|CSR/.test(x.argument ?? '') && !/out|qr/.test(x.name)))
    for (const file of ['none', 'folder', 'noise'])
      refused(h, [...words, ...required(c, o), `--${o.name}`, at(file), ...enough], [1, 2, 3, 4]);
  if (c.operands && c.operands !== 'ROLE…' && c.name !== 'backup') // a backup goes where nothing is yet
    for (const file of ['none', 'folder', 'noise']) {
      const r = jumin(h, [...words, ...required(c), at(file)]);
      assert.ok([1, 2, 3, 4].includes(r.exit) && r.code && !generic.test(r.code), `${c.name} ${file}: ${r.exit} ${r.stderr}`);
    }

  // no home, where one is needed
  if (!/^(demo|describe|doctor|init|inspect|staff keygen)/.test(c.name)) refused('nowhere', use(), [1, 2, 3, 4]);
}

for (const o of common_options.filter((x) => x.argument))
  for (const over of [0, 1]) {
    const r = jumin('a', [`--${o.name}`, value(o, over), 'describe']);
    assert.equal(r.line?.includes(`--${o.name} ${o.argument}: at most`) ?? false, over === 1, `--${o.name}: ${r.line}`);
  }

// -- what is no command --------------------------------------------------------------------------------------------------------
assert.ok(refused('a', ['inspekt'], [2], 'JM_CMD_COMMAND_UNKNOWN').line.includes('inspect?'));
refused('a', ['no-such-command'], [2], 'JM_CMD_COMMAND_UNKNOWN');
refused('a', [], [2], 'JM_CMD_COMMAND_MISSING');
refused('a', ['inspect', '--lang', 'fr'], [2], 'JM_CMD_OPTION_VALUE');
refused('a', ['serve', 'king'], [2], 'JM_CMD_ROLE_UNKNOWN');
assert.equal(JSON.parse(spawnSync(program, ['inspect', '--no-such-thing', '--json'], { encoding: 'utf8', env }).stdout).error.code, 'JM_CMD_OPTION_UNKNOWN'); // --json last
assert.equal(spawnSync(program, ['--version'], { encoding: 'utf8', env }).status, 0);
// -- what a home, a wallet and the data may turn out to be ---------------------------------------------------------------------
const pass = ['--passphrase-file', at('words')];
writeFileSync(at('other-words'), 'words of somebody else\n');
refused('w', ['wallet', 'list', '--passphrase-file', at('other-words')], [1], 'JM_WALLET_PASSPHRASE');
refused('w', ['wallet', 'refresh', ...pass], [1], 'JM_WALLET_NO_CARD');
refused('w', ['wallet', 'receive', '--continue', ...pass], [1], 'JM_WALLET_PENDING_NONE');
refused('w', ['wallet', 'receive', at('noise'), ...pass], [3], 'JM_WALLET_NO_QR');
refused('w', ['wallet', 'receive', 'openid-credential-offer://?x=1', ...pass], [3], 'JM_WALLET_OFFER_URI');
refused('w', ['wallet', 'respond', 'openid4vp://?x=1', ...pass], [1, 3], 'JM_VP_INVOCATION');
refused('a', ['--i18n', at('folder'), 'doctor'], [2], 'JM_CMD_TEXTS');
refused('a', ['register', 'find', '--person', '0'.repeat(32)], [1], 'JM_REGISTER_NOT_FOUND');
writeFileSync(at('set'), 'no trust set');
refused('b', ['trust', 'import', at('set'), '--pin', createHash('sha256').update('no trust set').digest('hex')], [3], 'JM_TRUST_MALFORMED');
cpSync(at('w'), at('w2'), { recursive: true });
for (const f of readdirSync(at('w2/wallet')).filter((x) => x !== 'seen')) writeFileSync(at('w2/wallet', f), 'noise');
refused('w2', ['wallet', 'list', ...pass], [3], 'JM_WALLET_CONTAINER');
cpSync(at('a'), at('a2'), { recursive: true });
for (const f of readdirSync(at('a2/issuer'))) if (/\.db/.test(f)) writeFileSync(at('a2/issuer', f), Buffer.alloc(8192, 'x'));
refused('a2', ['register', 'find'], [1, 4], 'JM_STORE_FAULT');
execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute("update audit set act=\'NOTHING\'"); c.commit()', at('a/issuer/issuer.db')]);
refused('a', ['audit', 'verify'], [1], 'JM_AUDIT_ROW');
// TLS ends in front: who makes a home for real says where, and no role guesses whose address is whose.
const real = ['init', '--name', 'Real', ...pass, ...['issuer', 'provider', 'status'].flatMap((r) => ['--base', `${r}=https://${r}.example`])];
refused('real', real, [2], 'JM_CMD_OPTION_REQUIRED');
refused('real', [...real, '--proxy', 'localhost'], [2], 'JM_CMD_OPTION_VALUE');
refused('real', [...real, '--proxy', '127.0.0.01'], [2], 'JM_CMD_OPTION_VALUE');
for (const proxy of ['none', '::1', '192.0.2.7']) {
  execFileSync(program, ['--home', at('real'), ...real, '--force', '--proxy', proxy], { env });
  const conf = readFileSync(at('real/jumin.conf'), 'utf8');
  assert.equal(conf.split(`\nproxy = ${proxy}\n`).length, 4);
  execFileSync(program, ['--home', at('real'), 'serve', 'all', '--check-config'], { env });
  writeFileSync(at('real/jumin.conf'), conf.replace(/\nproxy = .*\n/, '\n'));
  refused('real', ['serve', 'issuer', '--check-config'], [2], 'JM_CMD_PROXY');
  refused('real', ['serve', 'all'], [2], 'JM_CMD_PROXY');
  execFileSync(program, ['--home', at('real'), 'serve', 'status', '--check-config'], { env });
  writeFileSync(at('real/jumin.conf'), conf.replace(/\nproxy = .*\n/, '\nproxy = nobody\n'));
  refused('real', ['serve', 'issuer', '--check-config'], [2], 'JM_CMD_CONFIG');
  writeFileSync(at('real/jumin.conf'), conf);
}
refused('real', ['register', 'generate', '--count', '3', '--seed', '1'], [1], 'JM_REGISTER_SYNTHETIC');
mkdirSync(at('open'), { mode: 0o755 });
chmodSync(at('open'), 0o755);
refused('open', ['init', '--synthetic', '--name', 'X'], [1], 'JM_CMD_HOME_MODE');
cpSync('data', at('data'), { recursive: true });

// A role that cannot start says why; the others are not left behind.
const starting = (words, code) => {
  const r = spawnSync(program, ['--home', at('a'), ...words], { encoding: 'utf8', env, timeout: 60000 });
  n++;
  codes.add(code);
  assert.ok([2, 3, 4].includes(r.status), `${words}: ${r.status} ${r.stderr}`);
  assert.match(r.stderr, new RegExp(code));
};
for (const [f, code] of [['profiles/resident.json', 'JM_DATA_PROFILE'], ['regions.json', 'JM_DATA_REGIONS'], ['rollout.json', 'JM_DATA_ROLLOUT'], ['fees.json', 'JM_DATA_FEES']]) {
  writeFileSync(at('data', f), '{}');
  starting(['--data', at('data'), 'serve', 'signer', 'issuer'], code);
  cpSync(join('data', f), at('data', f));
}
rmSync(at('data/regions.json'));
starting(['--data', at('data'), 'serve', 'signer', 'issuer'], 'JM_CMD_FILE_READ');
refused('fresh', ['--data', at('none'), 'init', '--synthetic', '--name', 'X'], [2], 'JM_CMD_FILE_READ');
const conf = readFileSync(at('a/jumin.conf'), 'utf8'), taken = /\[status\][^[]*?listen = 127\.0\.0\.1:(\d+)/.exec(conf)[1];
const squatter = createServer().listen(Number(taken), '127.0.0.1', () => {
  starting(['serve', 'status'], 'JM_CMD_PORT');
  squatter.close();
  console.log(`${commands.length} commands, ${n} refusals, ${codes.size} codes: ${[...codes].sort().join(' ')}`);
});
