// SPDX-License-Identifier: Apache-2.0
/* The holder's engine, which is C in jumin.wasm, and who answers what it asks: WebCrypto, fetch, the person, the place where the
 * state is kept. Nothing is decided here. Private keys never enter the module: it has handles, and what this file has wrapped. */

export type Octets = Uint8Array<ArrayBuffer>;

export interface Question { question: 'code' | 'consent' | 'tell' | 'delete' | 'card'; sign?: string; badge?: number; who?: { ko: string; en: string }; purpose?: { ko: string; en: string };
  rp?: string; use?: string; legal_basis?: string; privacy_uri?: string; retention_days?: number; client_id?: string; ways?: string[]; changed?: boolean; nonce?: string; why?: string; tries?: number }

/** What the page lends: ask() gives what was typed, '' for yes, null for no; keep() is durable when it is through. */
export interface Place {
  seal(plain: Octets): Promise<Octets>;
  unseal(sealed: Octets): Promise<Octets>;
  keep(state: Octets): Promise<void>;
  ask(question: Question): Promise<string | null>;
  /** One command to the card at a reader, and its answer; 'gone': it was taken away. */
  transmit?(capdu: Octets): Promise<Octets | 'gone' | 'unavailable'>;
  now(): number;
}
export interface Card { issuer: string; issuer_ko: string; issuer_en: string; state: 'active' | 'renew' | 'low' | 'spent' | 'expired' | 'off' | 'locked' | 'changed'; active: boolean; why: string; received: number; copies: number; left: number; expires: string; days: number; refresh_due: boolean; can_report: boolean; contact: number; changed: string }
export interface Claim { name: string; value: unknown }
export interface Look { cards: Card[]; history: { at: number; who: string; rp: string; use: string; claims: string; outcome: string; badge: number; privacy_uri: string }[]; keeps_history: boolean; pending: boolean }
/** redirect: where the verifier wants the browser to go on; told: what the issuer answered; after: seconds until it is worth another try. */
export interface End { state: 'done' | 'failed'; code?: string; detail?: string; loss_code?: string; redirect?: string; told?: unknown; after?: number }
export type Operation = 'receive' | 'continue' | 'refresh' | 'delete' | 'lost' | 'check' | 'respond' | 'tap' | 'renew' | 'order' | 'order-price' | 'orders' | 'order-cancel' | 'takeover';
/** What a code or a link is for; of a reader elsewhere also whose bridge it is and what is offered there, or why it is none of ours. */
export type Sorted = { op?: 'receive' | 'respond' } | { op: 'tap'; why: string } | { op: 'tap'; why?: undefined; issuer: string; code: string; offer: string };

interface Ask extends Partial<Question> { id: number; kind: string; alg?: string; key: string; data: string; sig: string; len: number; state: string;
  method: string; url: string; content_type?: string; accept?: string; body: string; headers: [string, string][]; max_len: number; timeout_ms: number; moves: number }
interface Step { state: string; code?: string; detail?: string; loss_code?: string; redirect?: string; told?: unknown; handle?: string; ask: Ask | null; error?: number }
interface Answer { st: 'ok' | 'signature' | 'malformed' | 'absent' | 'denied' | 'limit' | 'gone' | 'unavailable'; octets?: string; kept?: string; http?: Record<string, string | number> }

// -- octets as the module writes them --------------------------------------------------------------------------------------
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Map([...digits].map((c, i) => [c.charCodeAt(0), i]));
export function b64(o: Uint8Array): string {
  let s = '';
  for (let i = 0; i < o.length; i += 3) {
    const v = o[i]! << 16 | (o[i + 1] ?? 0) << 8 | (o[i + 2] ?? 0);
    s += digits[v >> 18]! + digits[v >> 12 & 63]! + (i + 1 < o.length ? digits[v >> 6 & 63]! : '') + (i + 2 < o.length ? digits[v & 63]! : '');
  }
  return s;
}
export function octets(s: string): Octets {
  const o = new Uint8Array(Math.floor(s.length * 3 / 4));
  for (let i = 0, at = 0; i < s.length; i += 4) {
    const v = [0, 1, 2, 3].reduce((n, k) => n << 6 | (values.get(s.charCodeAt(i + k)) ?? 0), 0);
    for (let k = 2; k >= 0 && at < o.length; k--) o[at++] = v >> 8 * k & 255;
  }
  return o;
}
export const join = (...parts: Uint8Array[]): Octets => {
  const o = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, p) => (o.set(p, at), at + p.length), 0);
  return o;
};

// -- the module ------------------------------------------------------------------------------------------------------------
interface Exports { memory: WebAssembly.Memory; _initialize(): void; jm_wasm_version(): number; jm_wasm_room(): number; jm_wasm_room_len(): number; jm_wasm_call(len: number): number }

class Module {
  readonly #x: Exports;
  constructor(instance: WebAssembly.Instance) {
    this.#x = instance.exports as unknown as Exports;
    this.#x._initialize();
    if (this.#x.jm_wasm_version() !== 5) throw new Error('jumin.wasm is of another version');
  }
  call<T>(said: object): T {
    const text = new TextEncoder().encode(JSON.stringify(said)), x = this.#x;
    if (text.length > x.jm_wasm_room_len()) throw new Error('too long for the module');
    new Uint8Array(x.memory.buffer, x.jm_wasm_room(), text.length).set(text);
    const n = x.jm_wasm_call(text.length);
    if (n === 0) throw new Error('no room in the module');
    const got = JSON.parse(new TextDecoder().decode(new Uint8Array(x.memory.buffer, x.jm_wasm_room(), n))) as T & { error?: number };
    if (got.error !== undefined) throw new Error(`the module refuses: ${got.error.toString(16)}`);
    return got;
  }
}

// -- keys ------------------------------------------------------------------------------------------------------------------
const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const, es256 = { name: 'ECDSA', hash: 'SHA-256' } as const, ed25519 = { name: 'Ed25519' } as const;
interface Key { sign: CryptoKey; agree: CryptoKey; point: Octets }

class Keys {
  readonly #all = new Map<string, Key>();
  constructor(readonly place: Place) {}
  get(handle: string): Key | undefined { return this.#all.get(handle); }
  async take(handle: string, kept: Octets): Promise<void> {
    const plain = await this.place.unseal(kept);
    this.#all.set(handle, await Keys.#use(plain));
    plain.fill(0);
  }
  /** d ‖ x ‖ y, of which nothing can be got back afterwards. */
  static async #use(plain: Octets): Promise<Key> {
    const part = (i: number) => b64(plain.subarray(32 * i, 32 * i + 32));
    const jwk: JsonWebKey = { kty: 'EC', crv: 'P-256', d: part(0), x: part(1), y: part(2) };
    const [sign, agree] = await Promise.all([crypto.subtle.importKey('jwk', jwk, curve, false, ['sign']),
      crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])]);
    return { sign, agree, point: join(Uint8Array.of(4), plain.subarray(32, 96)) };
  }
  async make(): Promise<{ kept: Octets; point: Octets }> {
    const { privateKey } = await crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
    const { d, x, y } = await crypto.subtle.exportKey('jwk', privateKey);
    const plain = join(octets(d!), octets(x!), octets(y!));
    const made = { kept: await this.place.seal(plain), point: join(Uint8Array.of(4), plain.subarray(32)) };
    plain.fill(0);
    return made;
  }
  forget(handles: Octets): void {
    for (let at = 0; at + 8 <= handles.length; at += 8) this.#all.delete(b64(handles.subarray(at, at + 8)));
  }
}

// -- the outside -----------------------------------------------------------------------------------------------------------
const patience = 20_000; // ms, where the engine names no time
const told = ['content-type', 'dpop-nonce', 'oauth-client-attestation-challenge', 'etag', 'retry-after', 'www-authenticate'];

async function body(got: Response, max: number): Promise<Octets | null> {
  const parts: Uint8Array[] = [];
  let n = 0;
  for (const reader = got.body?.getReader(); reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((n += value.length) > max) { await reader.cancel(); return null; }
    parts.push(value);
  }
  return join(...parts);
}

async function exchange(a: Ask): Promise<Answer> {
  try {
    const got = await fetch(a.url, { method: a.method, redirect: a.moves > 0 ? 'follow' : 'error', cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(a.timeout_ms || patience), headers: [...a.headers, ...(a.content_type ? [['Content-Type', a.content_type] as [string, string]] : []), ...(a.accept ? [['Accept', a.accept] as [string, string]] : [])],
      ...(a.content_type ? { body: octets(a.body) } : {}) });
    const read = await body(got, a.max_len);
    if (read === null) return { st: 'limit' };
    const http: Record<string, string | number> = { status: got.status, body: b64(read) };
    for (const name of told) { const v = got.headers.get(name); if (v !== null) http[name] = v; }
    return { st: 'ok', http };
  } catch {
    return { st: 'unavailable' };
  }
}

// -- the wallet ------------------------------------------------------------------------------------------------------------
export class Wallet {
  readonly #m: Module; readonly #keys: Keys; readonly #place: Place;
  #instance = ''; #dpop = ''; #provider = '';
  /* Of the last answer, where it was a limit. */
  #after = 0;
  /** Of the trust set; of one that a ledger proves also what its bundles are judged by. */
  version = 0;
  issued = 0;
  root = '';
  private constructor(instance: WebAssembly.Instance, place: Place) {
    this.#m = new Module(instance);
    this.#place = place;
    this.#keys = new Keys(place);
  }

  /** @param state what was kept last; null: a new wallet, which is kept before anything is done with it. */
  static async open(module: WebAssembly.Module, place: Place, trust: Octets, pin: Octets, state: Octets | null): Promise<Wallet> {
    const w = new Wallet(await WebAssembly.instantiate(module, {}), place);
    const fresh = state ? [] : [await w.#keys.make(), await w.#keys.make()];
    const verdicts: Answer['st'][] = [];
    /* Of a set that a ledger proves each signature is asked in its turn. */
    const open = () => w.#m.call<{ keys: { handle: string; kept: string }[]; version: number; issued: number; root?: string; instance: string; dpop: string; state?: string; provider?: string; ask?: Ask }>({ do: 'open', trust: b64(trust), pin: b64(pin), at: place.now(), verdicts,
      ...(state ? { state: b64(state) } : { keys: fresh.map((k) => ({ kept: b64(k.kept) })) }) });
    let got = open();
    while (got.ask) {
      verdicts.push((await w.#answer(got.ask)).st);
      got = open();
    }
    w.root = got.root ?? '';
    for (const { handle, kept } of got.keys) await w.#keys.take(handle, octets(kept));
    w.version = got.version;
    w.issued = got.issued;
    w.#instance = got.instance;
    w.#dpop = got.dpop;
    w.#provider = got.provider ?? '';
    if (got.state) await place.keep(octets(got.state));
    return w;
  }

  /** What a code or a link is for. */
  sort(text: string): Sorted { return this.#m.call<Sorted>({ do: 'sort', text }); }
  look(): Look { return this.#m.call<Look>({ do: 'look', at: this.#place.now() }); }
  /** One event of the history goes, by its place in it. */
  async forget(event: number): Promise<void> { await this.#place.keep(octets(this.#m.call<{ state: string }>({ do: 'forget', event }).state)); }
  /** Whether one is kept from now on. */
  async history(on: boolean): Promise<void> { await this.#place.keep(octets(this.#m.call<{ state: string }>({ do: 'history', on }).state)); }
  /** The newest card answers nobody, or does again. */
  async lock(on: boolean): Promise<void> { await this.#place.keep(octets(this.#m.call<{ state: string }>({ do: 'lock', on }).state)); }
  /** Its holder knows what has changed. */
  async seen(): Promise<void> { await this.#place.keep(octets(this.#m.call<{ state: string }>({ do: 'seen' }).state)); }
  /** Why these digits may not be the PIN; '': they may. */
  pinFault(pin: string): '' | 'form' | 'repeat' | 'run' | 'birth' { return this.#m.call<{ fault: '' | 'form' | 'repeat' | 'run' | 'birth' }>({ do: 'pin', pin }).fault; }
  /** By the instance's key, which stands in its header. */
  async #signed(typ: string, claims: object): Promise<string> {
    const key = this.#keys.get(this.#instance)!, text = (o: object) => b64(new TextEncoder().encode(JSON.stringify(o)));
    const jwk = { kty: 'EC', crv: 'P-256', x: b64(key.point.subarray(1, 33)), y: b64(key.point.subarray(33)) };
    const input = `${text({ alg: 'ES256', typ, jwk })}.${text(claims)}`;
    return `${input}.${b64(new Uint8Array(await crypto.subtle.sign(es256, key.sign, new TextEncoder().encode(input))))}`;
  }
  /** The instance proves itself to its provider: docs/protocol/provider.md. */
  proof(challenge: string, nonce: string): Promise<string> {
    return this.#signed('jumin-instance+jwt', { aud: this.#provider, challenge, iat: this.#place.now(), platform: 'web', nonce });
  }
  /** The history as a file of its holder's: docs/protocol/history.md. */
  exported(): Promise<string> {
    const events = this.look().history.map(({ claims, privacy_uri: _, ...e }) => ({ ...e, claims: claims.split(',').filter(Boolean) }));
    return this.#signed('jumin-history+jwt', { iat: this.#place.now(), events });
  }
  /** What the newest card says, to its own holder. */
  reveal(): Claim[] { return this.#m.call<{ claims: Claim[] }>({ do: 'reveal' }).claims; }
  loss(): { issuer: string; loss_code: string } { return this.#m.call({ do: 'loss' }); }

  /** One operation of one opened wallet. */
  async run(op: Operation, { uri, body, korean = true }: { uri?: string; body?: object; korean?: boolean } = {}): Promise<End> {
    this.#after = 0;
    const point = (h: string) => b64(this.#keys.get(h)!.point);
    let step = this.#m.call<Step>({ do: 'begin', op, korean, at: this.#place.now(), instance: point(this.#instance), dpop: point(this.#dpop), ...(uri === undefined ? {} : { uri }), ...(body && { body: JSON.stringify(body) }) });
    while (step.ask) {
      const { id, kind } = step.ask, answer = await this.#answer(step.ask);
      step = this.#m.call<Step>({ do: 'answer', id, at: this.#place.now(), ...answer });
      if (kind === 'new_key' && step.handle && answer.kept) await this.#keys.take(step.handle, octets(answer.kept));
    }
    const { state, code, detail, loss_code, redirect, told } = step;
    return { state: state as End['state'], ...(code && { code }), ...(detail && { detail }), ...(loss_code && { loss_code }), ...(redirect && { redirect }), ...(told !== undefined && { told }), ...(state === 'failed' && this.#after > 0 && { after: this.#after }) };
  }

  async #answer(a: Ask): Promise<Answer> {
    switch (a.kind) {
      case 'verify': {
        const ed = a.alg === 'EdDSA';
        let key: CryptoKey;
        try { key = await crypto.subtle.importKey('raw', octets(a.key), ed ? ed25519 : curve, false, ['verify']); }
        catch (e) { return { st: e instanceof DOMException && e.name === 'NotSupportedError' ? 'unavailable' : 'malformed' }; }
        return { st: await crypto.subtle.verify(ed ? ed25519 : es256, key, octets(a.sig), octets(a.data)) ? 'ok' : 'signature' };
      }
      case 'sign': {
        const k = this.#keys.get(a.key);
        return k ? { st: 'ok', octets: b64(new Uint8Array(await crypto.subtle.sign(es256, k.sign, octets(a.data)))) } : { st: 'absent' };
      }
      case 'agree': {
        const k = this.#keys.get(a.key);
        if (!k) return { st: 'absent' };
        try {
          const peer = await crypto.subtle.importKey('raw', octets(a.data), { name: 'ECDH', namedCurve: 'P-256' }, false, []);
          return { st: 'ok', octets: b64(new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, k.agree, 256))) };
        } catch { return { st: 'malformed' }; }
      }
      case 'seal': {
        const given = octets(a.sig), key = await crypto.subtle.importKey('raw', octets(a.key), 'AES-GCM', false, ['encrypt']);
        return { st: 'ok', octets: b64(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: given.subarray(0, 12), additionalData: given.subarray(12) }, key, octets(a.data)))) };
      }
      case 'random': return { st: 'ok', octets: b64(crypto.getRandomValues(new Uint8Array(a.len))) };
      case 'http': {
        const got = await exchange(a);
        this.#after = got.http?.status === 429 ? Number(got.http['retry-after'] ?? 0) : 0;
        return got;
      }
      case 'transmit': {
        const got = await this.#place.transmit?.(octets(a.data)) ?? 'unavailable';
        return typeof got === 'string' ? { st: got } : { st: 'ok', octets: b64(got) };
      }
      case 'new_key': { const k = await this.#keys.make(); return { st: 'ok', octets: b64(k.point), kept: b64(k.kept) }; }
      case 'forget': this.#keys.forget(octets(a.data)); return { st: 'ok' };
      case 'keep': try { await this.#place.keep(octets(a.state)); return { st: 'ok' }; } catch { return { st: 'unavailable' }; }
      case 'holder': { const said = await this.#place.ask(a as unknown as Question); return said === null ? { st: a.question === 'code' ? 'absent' : 'denied' } : { st: 'ok', octets: b64(new TextEncoder().encode(said)) }; }
      default: return { st: 'unavailable' };
    }
  }
}
