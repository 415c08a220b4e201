// SPDX-License-Identifier: Apache-2.0
/* D-200, before anything else: can this browser keep an ID, and is its owner ready for the desk? Under a minute; each "no" has a way out. */
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading } from '../ui/ui';

/* What the browser lacks. An iPhone's tab forgets after seven days: no ID goes there, only into the installed app. */
const lacks = ['engine', 'passkey', 'tab', 'camera'] as const;
export type Lack = typeof lacks[number];
const hard: readonly Lack[] = ['engine', 'tab'];
const questions = ['plastic', 'age', 'line', 'desk'] as const;

function isErasedTab(): boolean {
  const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  const installed = matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true;
  return apple && !installed;
}
/** It has what the wallet is built on. */
export const isAble = () => isSecureContext && 'locks' in navigator && 'subtle' in crypto && typeof WebAssembly !== 'undefined' && 'indexedDB' in globalThis;
async function missing(): Promise<Lack | undefined> {
  if (!isAble()) return 'engine';
  if (isErasedTab()) return 'tab';
  if (typeof PublicKeyCredential === 'undefined' || !(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false))) return 'passkey';
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
  return devices.some((d) => d.kind === 'videoinput') ? undefined : 'camera';
}

export function Ready({ done }: { done: (byPin: boolean) => void }) {
  const { t } = useText();
  const [lack, setLack] = useState<Lack | 'looking'>();
  const [byPin, setByPin] = useState(false);
  const [at, setAt] = useState(0);
  const [no, setNo] = useState(false);
  const look = () => { setLack('looking'); void missing().then(setLack); };
  useEffect(look, []);
  if (lack === 'looking') return <><Heading first>{t('wallet.title')}</Heading><p class="lead" role="status">{t('wallet.wait')}</p></>;
  if (lack) return <div key={lack}>
    <Heading>{t(`wallet.lack-${lack}`)}</Heading>
    <p class="lead">{t(`wallet.lack-${lack}-way`)}</p>
    <div class="deeds"><button type="button" class="deed" onClick={look}>{t('wallet.look-again')}</button>
      {!hard.includes(lack) && <button type="button" onClick={() => { setByPin(lack === 'passkey'); setLack(undefined); }}>{t(lack === 'passkey' ? 'wallet.with-pin' : 'wallet.without-it')}</button>}</div>
  </div>;
  const q = questions[at]!;
  if (no) return <div key={`no-${q}`}>
    <Heading>{t(`wallet.no-${q}`)}</Heading>
    <p class="lead">{t(`wallet.no-${q}-way`)}</p>
    <div class="deeds"><button type="button" class="deed" onClick={() => setNo(false)}>{t('ui.back')}</button></div>
  </div>;
  const yes = () => (at + 1 < questions.length ? setAt(at + 1) : done(byPin));
  return <div key={q}>
    <p class="steps">{t('wallet.step', { n: String(at + 1), all: String(questions.length) })}</p>
    <Heading first={at === 0}>{t(`wallet.ask-${q}`)}</Heading>
    <p class="lead">{t(`wallet.ask-${q}-lead`)}</p>
    <div class="deeds"><button type="button" class="deed" onClick={yes}>{t('wallet.yes')}</button><button type="button" onClick={() => setNo(true)}>{t('wallet.no')}</button></div>
  </div>;
}
