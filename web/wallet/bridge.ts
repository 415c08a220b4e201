// SPDX-License-Identifier: Apache-2.0
/* A card at a reader elsewhere: commands go through the issuer's relay to who stands beside it, answers come back (docs/protocol/tap.md). What
 * passes here is what the core has closed; nothing is decided. */
import { call, type Outcome, type Problem } from '../ui/call';
import { b64, type Octets, octets } from './core';

/* An answer is held back for 25 s; what nobody answered is asked again, under its number. */
const PATIENCE_MS = 35_000, TRIES = 3;
const unheard = ['server', 'slow', 'offline'];

export class Bridge {
  #seq = 0; #fresh = true;
  readonly #base: string; readonly #id: string; readonly #key: string;
  /** Why nothing goes through any more. */
  trouble: Problem | undefined;
  private constructor(base: string, id: string, key: string, readonly sign: string, readonly offer: string) {
    this.#base = base;
    this.#id = id;
    this.#key = key;
  }
  /** Joined by the code, once; both screens show its two digits. */
  static async join({ issuer, code, offer }: { issuer: string; code: string; offer: string }): Promise<Outcome<Bridge>> {
    const base = `${issuer.replace(/\/$/, '')}/`, got = await call('issuer.BRIDGE_JOIN', { code }, [], { base });
    return got.ok ? { ok: true, answer: new Bridge(base, got.answer.bridge, got.answer.secret, got.answer.sign, offer) } : got;
  }
  /** Before the next command the card loses its power: channel and rights are gone. */
  again(): void { this.#fresh = true; }

  async transmit(capdu: Octets): Promise<Octets | 'gone' | 'unavailable'> {
    const body = { seq: ++this.#seq, reset: this.#fresh, capdus: [b64(capdu)] };
    this.#fresh = false;
    for (let left = TRIES; left > 0;) {
      const got = await call('issuer.BRIDGE_APDU', body, [this.#id], { key: this.#key, base: this.#base, patience: PATIENCE_MS });
      if (!got.ok && unheard.includes(got.problem.code) && --left > 0) continue;
      if (!got.ok) {
        if (got.problem.code !== 'JM_CARD_TIMEOUT') this.trouble = got.problem;
        return 'unavailable';
      }
      if (got.answer.pending) continue;
      return got.answer.removed ? 'gone' : octets(got.answer.rapdus[0] ?? '');
    }
    return 'unavailable';
  }
  /** @param reason a code, or '': all is well. Who stands at the reader is told. */
  async end(reason = ''): Promise<void> {
    await call('issuer.BRIDGE_END', { reason }, [this.#id], { key: this.#key, base: this.#base, lasts: true });
  }
}
