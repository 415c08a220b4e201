// SPDX-License-Identifier: Apache-2.0
/* One way to ask the role that this page came from. What it refuses is a Problem; a network that is not there is one too. */
import { routes, type By, type Calls } from '@contract';

/** holes: of its sentence; after: in how many seconds it may be tried again. */
export interface Problem { code: string; by: By; message: string; trace: string; codes?: string[]; holes?: Record<string, string>; after?: number }
/* What wallets call says its errors in OAuth's form. */
interface Said { error?: Problem | string; error_description?: string; jumin_code?: string; trace?: string }

export type Outcome<T> = { ok: true; answer: T } | { ok: false; problem: Problem };

/** A call that nobody answers ends, and may be tried again. */
export const PATIENCE_MS = 20_000;

const nobody = (code: string): Outcome<never> => ({ ok: false, problem: { code, by: 'P', message: '', trace: '' } });
/** Why nobody answered: time was up, or who was to answer is not there. */
export const unheard = (e: unknown) => (e instanceof DOMException && e.name === 'TimeoutError' ? 'slow' : navigator.onLine ? 'server' : 'offline');

/** Behind a base with a path, too: pages lie beside the routes. @param base where another role's stand */
export function addressOf(name: keyof Calls, args: string[], base = document.baseURI): URL {
  const left = [...args];
  return new URL(`.${routes[name].path.replace(/\{[^}]*\}/g, () => encodeURIComponent(left.shift() ?? ''))}`, base);
}

/** @param key a bearer key, of rows that want one; @param patience of rows that hold their answer back; @param lasts it goes although the page does */
export async function call<K extends keyof Calls>(name: K, body: Calls[K]['body'], args: string[] = [], { key = '', base, patience = PATIENCE_MS, lasts = false }: { key?: string; base?: string; patience?: number; lasts?: boolean } = {}): Promise<Outcome<Calls[K]['answer']>> {
  const { method } = routes[name], url = addressOf(name, args, base);
  try {
    const got = await fetch(url, {
      method, credentials: 'same-origin', redirect: 'error', cache: 'no-store', keepalive: lasts, signal: AbortSignal.timeout(patience),
      headers: { ...(body === null ? {} : { 'Content-Type': 'application/json' }), ...(key && { Authorization: `Bearer ${key}` }) },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const said = await got.json() as Said;
    if (got.ok) return { ok: true, answer: said as Calls[K]['answer'] };
    if (typeof said.error === 'object') return { ok: false, problem: said.error };
    return said.jumin_code ? { ok: false, problem: { code: said.jumin_code, by: 'P', message: said.error_description ?? '', trace: said.trace ?? '', after: Number(got.headers.get('Retry-After') ?? 0) } } : nobody('server');
  } catch (e) {
    return nobody(unheard(e));
  }
}
