// SPDX-License-Identifier: Apache-2.0
/* A clerk's passkey: made once by the operator's link, from then on the way in. What it says is judged by the issuer alone. */
import type { Calls } from '@contract';
import { call, type Outcome } from '../ui/call';

export type Who = Calls['issuer.DESK_SESSION']['answer'];
const WAIT_MS = 300_000; // as long as a challenge lives

const octets = (text: string) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (o: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(o))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const none: Outcome<never> = { ok: false, problem: { code: 'staff-passkey', by: 'P', message: '', trace: '' } };

/* Who turns away, has none, or does not prove themselves: the browser does not say which. */
async function ask<T>(ceremony: () => Promise<Credential | null>): Promise<T | undefined> {
  try {
    return (await ceremony() as PublicKeyCredential | null)?.response as T | undefined;
  } catch {
    return undefined;
  }
}

export async function makePasskey(token: string, name: string): Promise<Outcome<Calls['issuer.STAFF_ENROL']['answer']>> {
  const begun = await call('issuer.STAFF_ENROL_CHALLENGE', { token });
  if (!begun.ok) return begun;
  const { user, user_handle, challenge, rp_id } = begun.answer;
  const made = await ask<AuthenticatorAttestationResponse>(() => navigator.credentials.create({ publicKey: {
    rp: { id: rp_id, name }, user: { id: octets(user_handle), name: user, displayName: user }, challenge: octets(challenge), timeout: WAIT_MS, attestation: 'none',
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { residentKey: 'required', userVerification: 'required' } } }));
  if (!made) return none;
  return call('issuer.STAFF_ENROL', { token, client_data: text(made.clientDataJSON), authenticator_data: text(made.getAuthenticatorData()) });
}

export async function signIn(): Promise<Outcome<Who>> {
  const asked = await call('issuer.STAFF_PASSKEY_CHALLENGE', {});
  if (!asked.ok) return asked;
  let id: ArrayBuffer | undefined;
  const shown = await ask<AuthenticatorAssertionResponse>(async () => {
    const got = await navigator.credentials.get({ publicKey: { rpId: asked.answer.rp_id, challenge: octets(asked.answer.challenge), timeout: WAIT_MS, userVerification: 'required' } });
    id = (got as PublicKeyCredential | null)?.rawId;
    return got;
  });
  if (!shown || !id) return none;
  return call('issuer.STAFF_PASSKEY', { id: text(id), client_data: text(shown.clientDataJSON), authenticator_data: text(shown.authenticatorData), signature: text(shown.signature) });
}
