// SPDX-License-Identifier: Apache-2.0
/* D-352: who, why, what goes, what does not; then proof, then sent. To decline is as large as to agree. */
import { useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { claim } from './card';
import type { Asked, W } from './use';

/* What people fear to give away. By whichever of its names it goes. */
const feared = [['full_name', 'family_name', 'given_name'], ['resident_registration_number'], ['birth_date'], ['resident_address'], ['portrait', 'picture']] as const;
const list = (names: string) => names.split(',').filter(Boolean);
const common = (a: string[], b: string[]) => a.filter((n) => b.includes(n)).length;

/* The ways that the core offers, and the one that is nearest to @p now with @p name switched. */
function turned(ways: string[][], now: string[], name: string): string[] {
  const on = !now.includes(name), fits = ways.filter((w) => w.includes(name) === on);
  const far = (w: string[]) => w.length + now.length - 2 * common(w, now);
  return fits.reduce((best, w) => (far(w) < far(best) || (far(w) === far(best) && w.length < best.length) ? w : best), fits[0] ?? now);
}

export function Consent({ w, asked }: { w: W; asked: Asked }) {
  const { lang, t } = useText();
  const q = asked.question, both = (x?: { ko: string; en: string }) => (x ? (lang === 'en' && x.en ? x.en : x.ko) : '');
  const badge = q.badge ?? 4, ways = (q.ways ?? []).map(list), all = [...new Set(ways.flat())], more = all.filter((n) => !ways.every((w) => w.includes(n)));
  /* Off, each of them, until its holder wants it to go. */
  const [goes, setGoes] = useState(() => ways.reduce((least, w) => (w.length < least.length ? w : least), ways[0] ?? []));
  /* D-354: one more tap, where nobody vouches for who asks or what for, or where that is not what it was. */
  const doubt = badge > 2 || q.changed === true, [sure, setSure] = useState(!doubt);
  const unseen = feared.filter((names) => !names.some((n) => goes.includes(n))).map(([n]) => claim(n, lang));
  /* D-353: proof for this request and these claims, and for nothing else. */
  const about = JSON.stringify(['jumin/consent/1', q.client_id, q.nonce, goes]);
  const agree = () => (sure ? w.proven(() => asked.answer(goes.join()), about) : setSure(true));
  return <>
    <Heading>{t('wallet.consent', { who: both(q.who) || q.client_id || '' })}</Heading>
    <div class={`box ${badge <= 2 ? 'good' : 'bad'}`}><h2>{t((['wallet.badge-1', 'wallet.badge-2', 'wallet.badge-3', 'wallet.badge-4', 'wallet.badge-5'] as const)[badge - 1]!)}</h2><p>{both(q.purpose)}</p></div>
    {q.changed && <div class="box bad"><h2>{t('wallet.changed-requester')}</h2><p>{t('wallet.changed-requester-next')}</p></div>}
    <h2>{t('wallet.goes')}</h2>
    <ul class="claims">{all.filter((n) => !more.includes(n)).map((n) => <li key={n}>{claim(n, lang)}</li>)}</ul>
    {more.length > 0 && <fieldset><legend>{t('wallet.more')}</legend>
      {more.map((n) => <label key={n} class="more"><input type="checkbox" role="switch" name={n} checked={goes.includes(n)} onChange={() => setGoes(turned(ways, goes, n))} /><span>{claim(n, lang)}</span></label>)}</fieldset>}
    {unseen.length > 0 && <p class="unseen"><b>{t('wallet.unseen')}</b> {unseen.join(', ')}</p>}
    <dl class="facts">
      <dt>{t('wallet.basis')}</dt><dd>{q.legal_basis || '–'}</dd>
      <dt>{t('wallet.kept')}</dt><dd>{badge > 2 ? t('wallet.not-stated') : q.retention_days ? t('wallet.days', { n: String(q.retention_days) }) : t('wallet.not-kept')}</dd>
      <dt>{t('wallet.privacy')}</dt><dd>{q.privacy_uri || '–'}</dd>
    </dl>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {sure && doubt && <div class="box bad" role="alert"><h2>{t('wallet.unsure')}</h2><p>{t(badge > 2 ? 'wallet.unsure-next' : 'wallet.changed-requester-next')}</p></div>}
    <div class="deeds"><button type="button" class={doubt ? '' : 'deed'} onClick={agree}>{t(sure && doubt ? 'wallet.agree-anyway' : 'wallet.agree')}</button>
      <button type="button" class={doubt ? 'deed' : ''} onClick={() => asked.answer(null)}>{t('wallet.decline')}</button></div>
  </>;
}
