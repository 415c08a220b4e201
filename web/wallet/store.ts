// SPDX-License-Identifier: Apache-2.0
/* What stays on the phone: the trust set, and the wallet's state under a key that only the passkey opens (D-357, D-358). */
import { b64, join, type Octets } from './core';
import type { Second } from './pin';

/** credential, salt: empty where there is no passkey and the PIN alone opens. */
export interface Kept { credential: Octets; salt: Octets; trust: Octets; pin: Octets; state: Octets | null; second?: Second }

function request<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
}
async function db(): Promise<IDBDatabase> {
  const r = indexedDB.open('jumin', 1);
  r.onupgradeneeded = () => r.result.createObjectStore('wallet');
  return request(r);
}
/* Whoever came last owns what is kept. The lock of hold.ts says so to people; this says so to the disk. */
const me = b64(crypto.getRandomValues(new Uint8Array(16)));
export class Taken extends Error {}

/* Through when it is on the disk. */
async function change<T>(act: (s: IDBObjectStore, t: IDBTransaction) => T): Promise<T> {
  const d = await db();
  try {
    const t = d.transaction('wallet', 'readwrite', { durability: 'strict' }), got = act(t.objectStore('wallet'), t);
    await new Promise<void>((ok, no) => { t.oncomplete = () => ok(); t.onabort = t.onerror = () => no(t.error ?? new Taken()); });
    return got;
  } finally { d.close(); }
}
/* These fields of it, beside what else lies there by now: writers may overlap. @param first of a new wallet, which is written whole */
async function write(some: Partial<Kept>, first: Kept): Promise<void> {
  await change((s, t) => {
    const owner = s.get('owner');
    owner.onsuccess = () => {
      if (owner.result !== me) { t.abort(); return; }
      const was = s.get('one') as IDBRequest<Kept | undefined>;
      was.onsuccess = () => { s.put({ ...first, ...was.result, ...some }, 'one'); };
    };
  });
}
export const hasPasskey = (k: Kept) => k.credential.length > 0;
/* Of a wallet that was begun with a PIN alone and broke off before there was one, nothing can be opened. */
const isDead = (k: Kept | undefined) => k !== undefined && !hasPasskey(k) && !k.second;
/** From here on this tab may write, and no other. */
export async function claim(): Promise<Kept | undefined> {
  const got = await change((s) => {
    s.put(me, 'owner');
    const one = s.get('one') as IDBRequest<Kept | undefined>;
    one.onsuccess = () => { if (isDead(one.result)) s.delete('one'); };
    return one;
  });
  return isDead(got.result) ? undefined : got.result;
}
/** Nothing opens it any more: gone, so that another can be made. */
export async function discard(): Promise<void> {
  await change((s, t) => {
    const owner = s.get('owner');
    owner.onsuccess = () => { if (owner.result === me) s.delete('one'); else t.abort(); };
  });
}

/** The second way to open: also before the wallet is open, to count a try. */
export async function keepSecond(kept: Kept, second: Second): Promise<void> {
  await write({ second }, kept);
  kept.second = second;
}

const info = new TextEncoder().encode('jumin/wallet/kek/1');
async function rawOf(prf: BufferSource): Promise<Octets> {
  const base = await crypto.subtle.importKey('raw', prf, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info }, base, 256));
}
/* The octets go, the key stays with the browser. */
async function imported(raw: Octets): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  raw.fill(0);
  return key;
}
const kekOf = async (prf: BufferSource) => imported(await rawOf(prf));
const results = (c: PublicKeyCredential) => c.getClientExtensionResults().prf?.results?.first;

async function prfOf(credential: Octets, salt: Octets, challenge: Octets = crypto.getRandomValues(new Uint8Array(32))): Promise<BufferSource | undefined> {
  const got = await navigator.credentials.get({ publicKey: { challenge, userVerification: 'required',
    allowCredentials: [{ type: 'public-key', id: credential }], extensions: { prf: { eval: { first: salt } } } } }) as PublicKeyCredential | null;
  return got ? results(got) : undefined;
}

export class NoPasskey extends Error {}

/** What the wallet's state is sealed with, for this session. */
export class Vault {
  private constructor(readonly kept: Kept, readonly kek: CryptoKey, readonly byPin = false) {}

  /** A new passkey, which opens this wallet and no other. */
  static async create(name: string, trust: Octets): Promise<Vault> {
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const made = await navigator.credentials.create({ publicKey: { rp: { name }, user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
      challenge: crypto.getRandomValues(new Uint8Array(32)), pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' }, extensions: { prf: { eval: { first: salt } } } } }) as PublicKeyCredential | null;
    if (!made) throw new NoPasskey();
    const credential = new Uint8Array(made.rawId), prf = results(made) ?? await prfOf(credential, salt);
    if (!prf) throw new NoPasskey();
    return new Vault({ credential, salt, trust, pin: new Uint8Array(await crypto.subtle.digest('SHA-256', trust)), state: null }, await kekOf(prf));
  }
  /** Of a device without passkeys: what its key is sealed with comes of the PIN and the provider's share (D-200, D-357). */
  static async byPinAlone(raw: Octets, trust: Octets): Promise<Vault> {
    const none = new Uint8Array(0), pin = new Uint8Array(await crypto.subtle.digest('SHA-256', trust));
    return Vault.opened({ credential: none, salt: none, trust, pin, state: null }, raw);
  }
  static async unlock(kept: Kept): Promise<Vault> {
    const prf = await prfOf(kept.credential, kept.salt);
    if (!prf) throw new NoPasskey();
    return new Vault(kept, await kekOf(prf));
  }

  /** By what the PIN opened. */
  static async opened(kept: Kept, raw: Octets): Promise<Vault> { return new Vault(kept, await imported(raw), true); }
  /** The wallet's key itself, to be sealed for a PIN: only by the passkey. */
  async raw(): Promise<Octets | undefined> {
    const prf = await prfOf(this.kept.credential, this.kept.salt);
    return prf && rawOf(prf);
  }
  /** Is it still the owner who holds the phone? What they prove it for goes into what the passkey signs. */
  async verify(about?: string): Promise<boolean> {
    const challenge = about === undefined ? undefined : new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(about)));
    return await prfOf(this.kept.credential, this.kept.salt, challenge) !== undefined;
  }

  async seal(plain: Octets): Promise<Octets> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return join(iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.kek, plain)));
  }
  async unseal(sealed: Octets): Promise<Octets> {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, this.kek, sealed.subarray(12)));
  }
  async keep(state: Octets): Promise<void> {
    const sealed = await this.seal(state);
    await write({ state: sealed }, this.kept);
    this.kept.state = sealed;
  }
  /** Another trust set takes the place of this one. */
  async trust(set: Octets): Promise<void> {
    const trust = { trust: set, pin: new Uint8Array(await crypto.subtle.digest('SHA-256', set)) };
    Object.assign(this.kept, trust);
    if (this.kept.state) await write(trust, this.kept);
  }
  async state(): Promise<Octets | null> { return this.kept.state && this.unseal(this.kept.state); }
}
