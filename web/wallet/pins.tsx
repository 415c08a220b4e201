// SPDX-License-Identifier: Apache-2.0
/* Six digits: to open, to prove, to choose. One field; what is weak the core says. */
import { useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { isEnded } from './pin';
import type { W } from './use';

function Digits({ w, hidden, go, back, deed }: { w: W; hidden: boolean; go: (pin: string) => Promise<void>; back: (() => void) | undefined; deed: string }) {
  const { t } = useText();
  const [pin, setPin] = useState('');
  const start = (e: Event) => {
    e.preventDefault();
    if (w.busyPin) return;
    setPin('');
    void go(pin);
  };
  const field = { id: 'pin', name: 'pin', inputMode: 'numeric', maxLength: 6, autocomplete: 'off', value: pin, 'aria-describedby': `pin-hint${w.trouble ? ' trouble' : ''}`, 'aria-invalid': w.trouble ? 'true' : 'false',
    onInput: (e: { currentTarget: HTMLInputElement }) => setPin(e.currentTarget.value) } as const;
  return <form onSubmit={start} noValidate>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <div class="field"><label for="pin">{t('wallet.pin')}</label><small id="pin-hint">{t('wallet.pin-hint')}</small>
      {hidden ? <input type="password" {...field} /> : <input type="text" {...field} />}</div>
    {w.busyPin && <p class="lead" role="status">{t('wallet.wait')}</p>}
    <div class="deeds"><button type="submit" class="deed" aria-disabled={w.busyPin}>{deed}</button>{back && <button type="button" class="plain" onClick={back}>{t('ui.back')}</button>}</div>
  </form>;
}

export function ByPin({ w, go, back, title }: { w: W; go: (pin: string) => Promise<void>; back?: () => void; title: string }) {
  const { t } = useText();
  const dead = w.pinAlone && !w.owes && isEnded(w.trouble);
  return <><Heading>{title}</Heading><p class="lead">{t('wallet.by-pin-lead')}</p><Digits w={w} hidden go={go} back={back} deed={t('wallet.unlock')} />
    {dead && <div class="box note"><p>{t('wallet.start-over-means')}</p><button type="button" class="wide" onClick={() => void w.startOver()}>{t('wallet.start-over')}</button></div>}</>;
}

export function NewPin({ w }: { w: W }) {
  const { t } = useText();
  return <><Heading>{t('wallet.new-pin')}</Heading><p class="lead">{t(w.pinAlone ? 'wallet.first-pin-lead' : 'wallet.new-pin-lead')}</p>{w.owes && <div class="box note"><p>{t('wallet.pin-owed')}</p></div>}
    <Digits w={w} hidden={false} go={w.setPin} back={w.owes ? undefined : () => w.go('care')} deed={t('wallet.next')} /></>;
}

/* Weaker than a passkey, and said so. */
export function FirstPin({ w }: { w: W }) {
  const { t } = useText();
  return <><Heading>{t('wallet.first-pin')}</Heading><p class="lead">{t('wallet.first-pin-lead')}</p><div class="box note"><h2>{t('wallet.first-pin-weaker')}</h2><p>{t('wallet.first-pin-weaker-next')}</p></div>
    <Digits w={w} hidden={false} go={w.setUpByPin} back={() => w.go('welcome')} deed={t('wallet.next')} /></>;
}
