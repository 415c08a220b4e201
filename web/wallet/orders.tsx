// SPDX-License-Identifier: Apache-2.0
/* Plastic on order, by the card on this phone (D-023, D-070): what is on its way, one more, or not after all. Prices are the authority's; nothing
 * is paid here. */
import { useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import type { W } from './use';

const kinds = ['ic', 'plain', 'braille'] as const, open = ['ORDERED', 'PRODUCING', 'READY'];
type Kind = typeof kinds[number];

export function Orders({ w }: { w: W }) {
  const { lang, t } = useText();
  const [kind, setKind] = useState<Kind>((w.price?.kind as Kind | undefined) ?? 'ic');
  const when = new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'long' }), won = new Intl.NumberFormat(lang === 'ko' ? 'ko-KR' : 'en-GB');
  const all = [...w.orders ?? []].reverse(), busy = all.some((o) => open.includes(o.state));
  return <>
    <Heading>{t('wallet.orders')}</Heading>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {all.length > 0 && <ul class="history">{all.map((o) => <li key={o.order}>
      <b>{t(`wallet.order-${o.kind as Kind}`)}</b>
      <span>{t(`wallet.order-state-${o.state as 'ORDERED' | 'PRODUCING' | 'READY' | 'COLLECTED' | 'CANCELLED' | 'VOID'}`, { when: when.format(new Date(o.since)) })}</span>
      <span>{t(o.paid ? 'wallet.order-paid' : 'wallet.order-due', { won: won.format(o.won) })}</span>
      {o.state === 'ORDERED' && <button type="button" class="plain" onClick={() => w.cancelOrder(o.order)}>{t('wallet.order-cancel')}</button>}
    </li>)}</ul>}
    {w.price && !busy ? <>
      <p class="lead">{t('wallet.order-price-lead')}</p>
      <dl class="facts"><div><dt>{t(`wallet.order-${kind}`)}</dt><dd>{t('wallet.order-won', { won: won.format(w.price.won) })}</dd></div></dl>
    </> : busy ? <p class="lead">{t('wallet.order-one')}</p> : <>
      <p class="lead">{t('wallet.order-lead')}</p>
      <fieldset><legend>{t('wallet.order-kind')}</legend>
        {kinds.map((k) => <label key={k} class="more"><input type="radio" name="kind" value={k} checked={kind === k} onChange={() => setKind(k)} /><span>{t(`wallet.order-${k}`)}</span></label>)}</fieldset>
    </>}
    <div class="deeds">{!busy && <button type="button" class="deed" onClick={() => (w.price ? w.placeOrder(kind) : w.priceOrder(kind))}>{t(w.price ? 'wallet.order-place' : 'wallet.order-look')}</button>}
      <button type="button" class="plain" onClick={() => (w.price ? w.unprice() : w.go('care'))}>{t('ui.back')}</button></div>
  </>;
}
