// SPDX-License-Identifier: Apache-2.0
/* The page without a network. What was built together is kept together: each file by its hash, all of them or none. A newer set waits until the
 * wallet is started again; nothing changes under somebody's hands (D-360). Routes, and whatever is of other origins, go their way. */
import files from 'files:wallet'; // [path below the base, SHA-256, needed at once]

interface Life extends Event { waitUntil(p: Promise<unknown>): void }
interface Asked extends Life { readonly request: Request; respondWith(p: Promise<Response>): void }
interface Scope {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate' | 'message', act: (e: Life & { readonly data?: unknown }) => void): void;
  addEventListener(type: 'fetch', act: (e: Asked) => void): void;
}
const worker = globalThis as unknown as Scope;
const prefix = 'jumin/', name = prefix + files.map(([, hash]) => hash.slice(0, 8)).join('');
const urlOf = (path: string) => new URL(path, worker.registration.scope).href;
const hex = (o: ArrayBuffer) => [...new Uint8Array(o)].map((n) => n.toString(16).padStart(2, '0')).join('');

async function isIt(got: Response, hash: string): Promise<boolean> {
  return got.ok && hex(await crypto.subtle.digest('SHA-256', await got.clone().arrayBuffer())) === hash;
}
async function take(path: string, hash: string): Promise<void> {
  const got = await fetch(urlOf(path), { cache: 'no-cache', credentials: 'same-origin', redirect: 'error' });
  if (!(await isIt(got, hash))) throw new Error(`${path} is of another build`);
  await (await caches.open(name)).put(urlOf(path), got);
}

worker.addEventListener('install', (e) => e.waitUntil(Promise.all(files.filter(([, , first]) => first).map(([path, hash]) => take(path, hash)))));
worker.addEventListener('activate', (e) => e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((n) => n.startsWith(prefix) && n !== name).map((n) => caches.delete(n))))));
worker.addEventListener('message', (e) => { if (e.data === 'now') e.waitUntil(worker.skipWaiting()); });

async function answer(path: string, hash: string, request: Request): Promise<Response> {
  const cache = await caches.open(name), kept = await cache.match(urlOf(path));
  if (kept) return kept;
  const got = await fetch(request);
  if (await isIt(got, hash)) await cache.put(urlOf(path), got.clone());
  return got;
}
worker.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url), at = url.origin + url.pathname, file = e.request.method === 'GET' && files.find(([path]) => urlOf(path) === at);
  if (file) e.respondWith(answer(file[0], file[1], e.request));
});
