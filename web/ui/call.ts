// SPDX-License-Identifier: Apache-2.0
/* One way to ask the role that this page came from. What it refuses is a Problem; a network that is not there is one too. */
import { routes, type By, type Calls } from '@contract';

export interface Problem { code: string; by: By; message: string; trace: string; codes?: string[] }

export type Outcome<T> = { ok: true; answer: T } | { ok: false; problem: Problem };

const nobody = (code: string): Outcome<never> => ({ ok: false, problem: { code, by: 'P', message: '', trace: '' } });

/** Behind a base with a path, too: pages lie beside the routes. */
export function addressOf(name: keyof Calls, args: string[]): URL {
  const left = [...args];
  return new URL(`.${routes[name].path.replace(/\{[^}]*\}/g, () => encodeURIComponent(left.shift() ?? ''))}`, document.baseURI);
}

/** @param key a bearer key, of rows that want one */
export async function call<K extends keyof Calls>(name: K, body: Calls[K]['body'], args: string[] = [], key = ''): Promise<Outcome<Calls[K]['answer']>> {
  const { method } = routes[name], url = addressOf(name, args);
  try {
    const got = await fetch(url, {
      method, credentials: 'same-origin', redirect: 'error', cache: 'no-store',
      headers: { ...(body === null ? {} : { 'Content-Type': 'application/json' }), ...(key && { Authorization: `Bearer ${key}` }) },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const said = await got.json() as { error?: Problem };
    return got.ok ? { ok: true, answer: said as Calls[K]['answer'] } : said.error ? { ok: false, problem: said.error } : nobody('server');
  } catch {
    return nobody(navigator.onLine ? 'server' : 'offline');
  }
}
