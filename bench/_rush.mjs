// SPDX-License-Identifier: Apache-2.0
// What benchmarks of servers have in common: the processor time of a process, what libcrypto needs, a client that costs next to nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';

export const AT_ONCE = 16;

/* Seconds of all threads of a process and its children so far. */
export function spent(pid) {
  const own = readdirSync(`/proc/${pid}/task`).reduce((s, t) => s + Number(readFileSync(`/proc/${pid}/task/${t}/schedstat`, 'utf8').split(' ')[0]) / 1e9, 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((s, c) => s + spent(c), own);
}

/* Microseconds of one operation, as openssl speed counts them. */
export function peer() {
  const said = execFileSync('openssl', ['speed', '-seconds', '1', '-mr', 'ecdsap256', 'ecdhp256'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
  const of = (mark) => said.find((l) => l.startsWith(mark)).split(':');
  const [, , , sign, verify] = of('+F4'), [, , , agree] = of('+F5');
  return { sign: 1e6 / sign, verify: 1e6 / verify, agree: 1e6 / agree };
}
export const mean = (a, b) => Object.fromEntries(Object.keys(a).map((k) => [k, (a[k] + b[k]) / 2]));

/* A client that costs next to nothing, or the server would wait for it and never have 16 at once: octets made before, one connection a place. */
export class Line {
  constructor(base) { this.socket = connect(Number(new URL(base).port), '127.0.0.1').setNoDelay(true); this.socket.on('data', (d) => this.take(d)); this.socket.on('error', (e) => this.no?.(e)); }
  ask(octets) { return new Promise((ok, no) => { this.ok = ok; this.no = no; this.got = null; this.socket.write(octets); }); }
  take(d) {
    const all = this.got ? Buffer.concat([this.got, d]) : d, head = all.indexOf('\r\n\r\n');
    const length = head < 0 ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(all.toString('latin1', 0, head + 2))[1]);
    if (head < 0 || all.length < head + 4 + length) { this.got = all; return; }
    this.ok({ status: Number(all.toString('latin1', 9, 12)), text: all.toString('utf8', head + 4) });
  }
}
export const octetsOf = (url, method, headers, body) => {
  const at = new URL(url), head = Object.entries({ Host: at.host, ...headers, ...(method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(body) }) });
  return Buffer.from(`${method} ${at.pathname} HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`);
};
/* All of @jobs, AT_ONCE at a time. */
export async function rush(lines, jobs) {
  const out = [];
  let next = 0;
  await Promise.all(lines.map(async (line) => { while (next < jobs.length) { const i = next++; out[i] = await line.ask(jobs[i]); } }));
  return out;
}
export async function measured(pid, lines, jobs, expect) {
  const from = spent(pid), began = process.hrtime.bigint(), out = await rush(lines, jobs);
  const wall = Number(process.hrtime.bigint() - began) / 1e9, cpu = spent(pid) - from;
  const bad = out.find((o) => o.status !== expect);
  if (bad) throw new Error(`${bad.status} ${bad.text}`);
  return { us: cpu / jobs.length * 1e6, each: jobs.length / wall, out };
}
