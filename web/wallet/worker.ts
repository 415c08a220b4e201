// SPDX-License-Identifier: Apache-2.0
/* The service worker from the page's side: it is asked for, and a newer one takes over when the wallet is started, before it is opened. */
interface Policy { createScriptURL(url: string): string }
declare const trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined;

/* The one script that is named by an address. */
const own = (url: string) => { if (url !== 'sw.js') throw new TypeError(url); return url; };
const script = () => (typeof trustedTypes === 'undefined' ? { createScriptURL: own } : trustedTypes.createPolicy('jumin', { createScriptURL: own })).createScriptURL('sw.js');

/** True: the page comes again, by the newer worker. */
export async function renewed(): Promise<boolean> {
  const all = navigator.serviceWorker;
  const waiting = (await all?.getRegistration())?.waiting;
  if (!waiting) return false;
  await new Promise<void>((done) => {
    waiting.addEventListener('statechange', () => { if (waiting.state === 'activated' || waiting.state === 'redundant') done(); });
    waiting.postMessage('now');
  });
  location.reload();
  return true;
}
/** Without one the page works as well, while there is a network. */
export function register(): void {
  navigator.serviceWorker?.register(script(), { scope: './', updateViaCache: 'none' }).catch(() => undefined);
}
