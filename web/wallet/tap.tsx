// SPDX-License-Identifier: Apache-2.0
/* A card without a visit: an IC resident card at a reader that stands elsewhere (D-220). Its PIN is typed here and nowhere else; another phone that
 * wants the card is answered here, too (D-223). */
import { useMemo, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { type Asked, problem, type W } from './use';

export function Reader({ w }: { w: W }) {
  const { t } = useText();
  return <>
    <Heading>{t('wallet.by-card')}</Heading>
    <p class="lead">{t('wallet.reader-lead')}</p>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <ol class="next"><li>{t('wallet.reader-1')}</li><li>{t('wallet.reader-2')}</li><li>{t('wallet.reader-3')}</li></ol>
    <div class="box note"><p>{t('wallet.reader-other')}</p></div>
    <div class="deeds"><button type="button" class="deed" onClick={() => w.go('scan')}>{t('wallet.reader-scan')}</button>
      <button type="button" class="plain" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}

/* First scan wins: whoever stands at the reader must see the same. */
export function Same({ w }: { w: W }) {
  const { t } = useText();
  return <>
    <Heading>{t('wallet.reader-sign')}</Heading>
    <p class="lead">{t('wallet.reader-sign-lead')}</p>
    <p class="sign">{w.bridge?.sign}</p>
    <div class="deeds"><button type="button" class="deed" onClick={w.tap}>{t('wallet.same')}</button>
      <button type="button" onClick={w.part}>{t('wallet.not-same')}</button></div>
  </>;
}

function Digits({ name, label, hint, value, onInput, wrong }: { name: string; label: string; hint: string; value: string; onInput: (v: string) => void; wrong: boolean }) {
  return <div class="field"><label for={name}>{label}</label><small id={`${name}-hint`}>{hint}</small>
    <input id={name} name={name} type="password" inputMode="numeric" maxLength={6} autocomplete="off" value={value} aria-describedby={`${name}-hint${wrong ? ' trouble' : ''}`}
      aria-invalid={wrong ? 'true' : 'false'} onInput={(e) => onInput(e.currentTarget.value)} /></div>;
}

/* Asked again where the card says so; what was typed is not asked for again, unless it was wrong. */
export function CardDigits({ w, asked }: { w: W; asked: Asked }) {
  const { t } = useText();
  const { why, tries } = asked.question, typed = w.typed;
  const wantsCan = why === 'JM_CARD_PIN_NEEDS_CAN' || why === 'JM_CARD_CAN_WRONG', wantsPin = why === 'JM_CARD_PIN_WRONG' || typed.pin === '';
  const [pin, setPin] = useState(''), [can, setCan] = useState(''), [short, setShort] = useState(false);
  const wrong = useMemo(() => (short ? problem('pin-form') : why ? problem(why) : undefined), [short, why]); // one object: a new one takes the focus
  const start = (e: Event) => {
    e.preventDefault();
    const six = (s: string) => /^\d{6}$/.test(s);
    if ((wantsPin && !six(pin)) || (wantsCan && !six(can))) { setShort(true); return; }
    if (wantsPin) typed.pin = pin;
    if (wantsCan) typed.can = can;
    asked.answer(typed.can === '' ? typed.pin : `${typed.pin} ${typed.can}`);
  };
  return <form onSubmit={start} noValidate>
    <Heading>{t(wantsPin ? 'wallet.card-pin' : wantsCan ? 'wallet.card-can' : 'wallet.card-back')}</Heading>
    {wantsPin && <p class="lead">{t('wallet.card-pin-lead')}</p>}
    {wrong && <Trouble id="trouble" problem={wrong} />}
    {tries !== undefined && <p class="lead" role="status">{t('wallet.card-tries', { n: String(tries) })}</p>}
    {wantsPin && <Digits name="card-pin" label={t('wallet.card-pin-label')} hint={t('wallet.pin-hint')} value={pin} onInput={setPin} wrong={short || why === 'JM_CARD_PIN_WRONG'} />}
    {wantsCan && <Digits name="card-can" label={t('wallet.card-can-label')} hint={t('wallet.card-can-hint')} value={can} onInput={setCan} wrong={short || why === 'JM_CARD_CAN_WRONG'} />}
    <div class="deeds"><button type="submit" class="deed">{t('wallet.next')}</button>
      <button type="button" class="plain" onClick={() => asked.answer(null)}>{t('wallet.stop')}</button></div>
  </form>;
}

/* A tap is some twenty commands; how many there will be the card decides. */
const COMMANDS = 24;
export function Tapping({ w }: { w: W }) {
  const { t } = useText();
  return <><Heading>{t('wallet.tapping')}</Heading><p class="lead" role="status">{t('wallet.tapping-lead')}</p>
    <progress aria-label={t('wallet.tapping')} max={COMMANDS} value={Math.min(w.carried, COMMANDS)} /></>;
}

/* D-223: whose card it is says whether another phone may have it. */
export function Takeover({ w }: { w: W }) {
  const { lang, t } = useText();
  const told = w.takeover!, when = new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' });
  return <section class="box bad" aria-label={t('wallet.takeover')}><h2>{t('wallet.takeover')}</h2>
    <p>{t('wallet.takeover-next', { when: when.format(new Date(told.until)) })}</p>
    <div class="deeds"><button type="button" class="deed" onClick={() => w.sayTakeover('no')}>{t('wallet.takeover-no')}</button>
      <button type="button" onClick={() => w.sayTakeover('yes')}>{t('wallet.takeover-yes')}</button></div></section>;
}
