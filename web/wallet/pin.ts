// SPDX-License-Identifier: Apache-2.0
/* The wallet's half of its PIN: docs/protocol/pin.md. What opens it is the PIN, what lies here, and the provider's share together. */
import type { Code } from '@contract';
import { call, type Problem } from '../ui/call';
import { b64, join, type Octets, octets, type Wallet } from './core';

/** What lies here. tries: those of this wallet since the last that was right, counted before they are sent. next: a new PIN of which the provider may not
 *  have heard that it opens: this one is the PIN until it is unknown or locked there. */
export interface Second { id: string; d: Octets; key: Octets; reset: Octets; tries: number; next?: Second }
export class Refused extends Error { constructor(readonly problem: Problem) { super(problem.code); } }

const ROUNDS = 600_000;
const utf8 = (s: string): Octets => new TextEncoder().encode(s) as Octets;
const hex = (s: string) => Uint8Array.from(s.match(/../g) ?? [], (x) => parseInt(x, 16)) as Octets;
const bits = async (algorithm: HkdfParams | Pbkdf2Params, from: Octets) =>
  new Uint8Array(await crypto.subtle.deriveBits(algorithm, await crypto.subtle.importKey('raw', from, algorithm.name, false, ['deriveBits']), 256));
const hkdf = (from: Octets, salt: Octets, info: string) => bits({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8(info) } as HkdfParams, from);
const stretch = (pin: string, d: Octets) => bits({ name: 'PBKDF2', hash: 'SHA-256', salt: d, iterations: ROUNDS } as Pbkdf2Params, utf8(pin));
const authOf = (d: Octets) => hkdf(d, new Uint8Array(0), 'auth');
const es256 = { name: 'ECDSA', hash: 'SHA-256' } as const, curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;

async function kekOf(share: string, d: Octets): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', await hkdf(octets(share), d, 'jumin/wallet/pin/1'), 'AES-GCM', false, ['encrypt', 'decrypt']);
}
async function seal(key: CryptoKey, plain: Octets): Promise<Octets> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return join(iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)));
}
const unseal = async (key: CryptoKey, sealed: Octets) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, key, sealed.subarray(12)));

type Answer<T> = { ok: true; answer: T } | { ok: false; problem: Problem };
function of<T>(got: Answer<T>): T {
  if (!got.ok) throw new Refused(got.problem);
  return got.answer;
}
const challenge = async () => of(await call('provider.PROVIDER_CHALLENGE', {})).challenge;

async function share(id: string, d: Octets, pin: string, c: string) {
  const v = await stretch(pin, d);
  const key = await crypto.subtle.importKey('raw', await authOf(d), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, join(utf8('jumin-pin-try/1'), hex(id), utf8(c), v)));
  return of(await call('provider.PROVIDER_PIN_TRY', { id, challenge: c, v: b64(v), mac: b64(mac) }));
}
async function right(id: string, reset: Octets, count: number): Promise<void> {
  const c = await challenge(), key = await crypto.subtle.importKey('pkcs8', reset, curve, false, ['sign']);
  const n = new Uint8Array(4);
  new DataView(n.buffer).setUint32(0, count);
  const signature = new Uint8Array(await crypto.subtle.sign(es256, key, join(utf8('jumin-pin-right/1'), hex(id), utf8(c), n)));
  of(await call('provider.PROVIDER_PIN_RIGHT', { id, challenge: c, count, signature: b64(signature) }));
}

/**
 * A PIN for the wallet whose key is @p raw, in the place of @p old: wherever this breaks off, one of them opens.
 * @param keep makes durable what opens
 * @throws Refused
 */
export async function set(pin: string, wallet: Wallet, raw: Octets, old: Second | undefined, keep: (s: Second) => Promise<void>): Promise<void> {
  const d = crypto.getRandomValues(new Uint8Array(32)), auth = await authOf(d);
  const pair = await crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), reset = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const nonce = b64(new Uint8Array(await crypto.subtle.digest('SHA-256', join(utf8('jumin-pin/1'), auth, point))));
  const { id } = of(await call('provider.PROVIDER_PIN', { proof: await wallet.proof(await challenge(), nonce), auth: b64(auth), key: b64(point) }));
  const first = await share(id, d, pin, await challenge()), kek = await kekOf(first.share, d);
  const made: Second = { id, d, key: await seal(kek, raw), reset: await seal(kek, reset), tries: first.count };
  await keep(old ? { ...old, next: made } : made);
  await right(id, reset, first.count);
  reset.fill(0);
  await keep({ ...made, tries: 0 });
}

/** What a PIN opens. others: tries that were not this wallet's; left: 0 after the tenth, with which this PIN never opens again. */
export interface Opened { raw: Octets; others: number; left: number }
/** Refusals after which a PIN never opens again. */
const endings: readonly string[] = ['JM_PROVIDER_PIN_UNKNOWN', 'JM_PROVIDER_PIN_LOCKED', 'JM_PROVIDER_WITHDRAWN'] satisfies Code[];
export const isEnded = (p: Problem | undefined) => p !== undefined && endings.includes(p.code);

/**
 * @param keep makes a count durable, before it is sent and after it fell back
 * @throws Refused by the provider, or 'pin-wrong' with the tries that are left
 */
export async function open(pin: string, s: Second, keep: (s: Second) => Promise<void>): Promise<Opened> {
  /* The change had gone through, or this one ended before it could: the new one is the PIN. */
  const over = async (next: Second) => { await keep(next); return open(pin, next, keep); };
  const c = await challenge(), mine = s.tries + 1;
  await keep({ ...s, tries: mine });
  const got = await share(s.id, s.d, pin, c).catch(async (e: unknown) => {
    if (e instanceof Refused && e.problem.trace) await keep(s); // refused, so not counted; where nobody answered, it may have been
    if (s.next && e instanceof Refused && isEnded(e.problem)) return undefined;
    throw e;
  });
  if (!got) return over(s.next!);
  const kek = await kekOf(got.share, s.d);
  let raw: Octets, reset: Octets;
  try {
    [raw, reset] = [await unseal(kek, s.key), await unseal(kek, s.reset)];
  } catch {
    if (got.left === 0 && s.next) return over(s.next);
    throw new Refused({ code: got.left === 0 ? 'JM_PROVIDER_PIN_LOCKED' : 'pin-wrong', by: 'P', message: '', trace: '', holes: { n: String(got.left) } });
  }
  if (got.left > 0) {
    /* It was right whether the count could be set back or not: what is not told now is told the next time. */
    await right(s.id, reset, got.count).then(() => keep({ id: s.id, d: s.d, key: s.key, reset: s.reset, tries: 0 }), () => undefined);
  }
  reset.fill(0);
  return { raw, others: Math.max(0, got.count - mine), left: got.left };
}
