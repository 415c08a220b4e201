// SPDX-License-Identifier: Apache-2.0
/* The card's face: one sentence and one action a state (D-351); masked until its holder proves who they are (D-350). A screen is never proof
 * (D-370): nothing here moves, shines or counts down to look like one. */
import { useEffect } from 'preact/hooks';
import all from 'texts:ui,wallet,loss;WALLET,VP,VCI,OAUTH,API,HTTP,TRUST,PROVIDER,LOSS,CARD,ELIG,TAKEOVER,ORDER';
import { type Lang, useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import type { Card, Claim } from './core';
import { Takeover } from './tap';
import type { Asked, W } from './use';

const REVEALED_MS = 30_000;

/* Names of claims in words, where there are some. */
export function claim(name: string, lang: Lang): string {
  return all[lang].web[`wallet.claim-${name}`] ?? name;
}
const issuerOf = (c: Card, lang: Lang) => (lang === 'ko' || !c.issuer_en ? c.issuer_ko : c.issuer_en);

function Face({ card }: { card: Card }) {
  const { lang, t } = useText();
  return <section class={`face ${card.state === 'off' || card.state === 'expired' || card.state === 'locked' ? 'off' : ''}`} aria-label={t('wallet.card')}>
    <p class="face-name">{t('wallet.card')}</p>
    <p class="face-state">{t(`wallet.state-${card.state}`)}</p>
    <p class="face-issuer">{issuerOf(card, lang)}</p>
    {card.active && <p class="face-left">{t('wallet.left', { n: String(card.left) })}</p>}
  </section>;
}

/* base64url, as the core writes octets; the picture is one that the issuer signed. */
const picture = (v: unknown) => (String(v).startsWith('data:') ? String(v) : `data:image/jpeg;base64,${String(v).replaceAll('-', '+').replaceAll('_', '/')}`);
/* What a person reads on a card; what only machines read, and the resident number, is not held up to everybody around. */
const readable = ['full_name', 'full_name_hanja', 'birth_date', 'resident_address', 'issue_date', 'expiry_date', 'issuing_authority', 'document_number'];
const isPicture = (name: string) => /(^|\.)(portrait|picture)$/.test(name);

function Revealed({ claims, hide }: { claims: Claim[]; hide: () => void }) {
  const { lang, t } = useText();
  useEffect(() => {
    const timer = setTimeout(hide, REVEALED_MS), away = () => { if (document.hidden) hide(); };
    document.addEventListener('visibilitychange', away);
    return () => { clearTimeout(timer); document.removeEventListener('visibilitychange', away); };
  }, []);
  const portrait = claims.find((c) => isPicture(c.name)), rest = readable.flatMap((name) => claims.filter((c) => c.name === name && typeof c.value !== 'object'));
  return <section class="revealed" aria-label={t('wallet.mine')}>
    {portrait && <img src={picture(portrait.value)} alt={t('wallet.claim-portrait')} />}
    <dl class="facts">{rest.map((c) => <div key={c.name}><dt>{claim(c.name, lang)}</dt><dd>{String(c.value)}</dd></div>)}</dl>
    <p class="lead">{t('wallet.hides')}</p>
    <button type="button" onClick={hide}>{t('wallet.hide')}</button>
  </section>;
}

/* Of a card that is off: what the issuer said, in words; of one whose list said so, only that. */
function Why({ card }: { card: Card }) {
  const { code, t } = useText();
  const [sentence, next] = code(card.why.split(':')[0] ?? '') ?? [t('wallet.off-means'), t('wallet.off-next')];
  return <div class="box bad"><h2>{sentence}</h2><p>{next}</p></div>;
}
/* Of a list of claims those that have a name among people. */
const named = (list: string, lang: Lang) => [...new Set(list.split(',').map((n) => all[lang].web[`wallet.claim-${n}`]).filter((n) => n !== undefined))].join(', ');
function Sentence({ card }: { card: Card }) {
  const { lang, t } = useText();
  switch (card.state) {
    case 'off': return <Why card={card} />;
    case 'active': return null;
    case 'changed': return <div class="box note"><h2>{t('wallet.means-changed')}</h2><p>{t('wallet.next-changed', { what: named(card.changed, lang) })}</p></div>;
    default: return <div class="box note"><h2>{t(`wallet.means-${card.state}`, { n: String(card.days) })}</h2><p>{t(`wallet.next-${card.state}`)}</p></div>;
  }
}

/* D-351: nobody answers, or one of those who should; what works all the same, and since when. */
function Unheard({ w, since }: { w: W; since: number }) {
  const { lang, t } = useText();
  const when = new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' });
  return <div class="box note" role="status"><h2>{t(w.net === 'offline' ? 'ui.offline' : 'wallet.service-down')}</h2>
    {since > 0 && <p>{t('wallet.since', { when: when.format(since * 1000) })}</p>}
    <p>{t(w.net === 'offline' ? 'wallet.without-network' : 'wallet.without-service')}</p>
    <button type="button" class="plain" onClick={() => void w.recheck()}>{t('wallet.look-again')}</button></div>;
}

export function Home({ w }: { w: W }) {
  const { lang, t } = useText();
  const [newest, ...older] = [...w.look!.cards].reverse(), pending = w.look!.pending;
  const canShow = newest?.active && newest.state !== 'expired' && newest.state !== 'locked';
  /* One way forward: what the state asks for first. */
  const deed = pending ? 'continue' : !newest || newest.state === 'expired' ? 'receive' : newest.state === 'spent' || newest.state === 'off' ? 'refresh' : newest.state === 'locked' ? 'unlock' : newest.state === 'changed' ? 'mine' : newest.state === 'renew' ? 'renew' : 'show';
  const kind = (k: typeof deed) => (k === deed ? 'deed' : '');
  return <>
    <Heading>{t(newest ? 'wallet.home' : pending ? 'wallet.issuing' : 'wallet.empty')}</Heading>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {newest ? <>
      <Face card={newest} />
      <p class="proof">{t('wallet.no-proof')} <button type="button" class="plain" onClick={() => w.go('real')}>{t('wallet.real')}</button></p>
      <Sentence card={newest} />
      {w.revealed && <Revealed claims={w.revealed} hide={w.hide} />}
    </> : <p class="lead">{t(pending ? 'wallet.issuing-lead' : 'wallet.empty-lead')}</p>}
    {w.others > 0 && <div class="box bad"><h2>{t('wallet.pin-others', { n: String(w.others) })}</h2><p>{t('wallet.pin-others-next')}</p></div>}
    {w.takeover?.waiting && <Takeover w={w} />}
    {w.net !== 'ok' && <Unheard w={w} since={newest?.contact ?? 0} />}
    <div class="deeds">
      {pending && <button type="button" class={kind('continue')} onClick={() => w.run('continue')}>{t('wallet.continue')}</button>}
      {newest && (newest.state === 'off' || newest.state === 'spent' || newest.state === 'low') && <button type="button" class={kind('refresh')} onClick={() => w.run('refresh')}>{t(newest.state === 'off' ? 'wallet.look-again' : 'wallet.refresh')}</button>}
      {newest?.state === 'renew' && <button type="button" class={kind('renew')} onClick={() => void w.renew()}>{t('wallet.renew')}</button>}
      {canShow && <button type="button" class={kind('show')} onClick={() => w.go('scan')}>{t('wallet.show')}</button>}
      {newest?.state === 'locked' && <button type="button" class={kind('unlock')} onClick={w.unlockCard}>{t('wallet.unlock-card')}</button>}
      {newest && newest.copies > 0 && !w.revealed && <button type="button" class={kind('mine')} onClick={w.reveal}>{t('wallet.mine')}</button>}
      <button type="button" class={kind('receive')} onClick={() => w.go('scan')}>{t('wallet.receive')}</button>
      <button type="button" onClick={() => w.go('reader')}>{t('wallet.by-card')}</button>
      {(newest || w.look!.history.length > 0) && <button type="button" onClick={() => w.go('history')}>{t('wallet.history')}</button>}
      {newest && <button type="button" onClick={() => w.go('care')}>{t('wallet.care')}</button>}
    </div>
    {!w.lasting && <div class="box note"><h2>{t('wallet.fleeting')}</h2><p>{t('wallet.fleeting-next')}</p></div>}
    {older.length > 0 && <details><summary>{t('wallet.older', { n: String(older.length) })}</summary><ul class="history">{older.map((c, i) => <li key={i}><b>{issuerOf(c, lang)}</b><span>{t(`wallet.state-${c.state}`)}</span></li>)}</ul></details>}
  </>;
}

/* Lost, or not wanted any more. */
export function Care({ w }: { w: W }) {
  const { t } = useText();
  const newest = w.look!.cards.at(-1)!;
  return <>
    <Heading>{t('wallet.care')}</Heading>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {newest.can_report && <>
      <h2>{t('wallet.lost')}</h2>
      <p>{t('wallet.lost-pauses')}</p>
      <p>{t('wallet.lost-plastic')}</p>
      <button type="button" class="wide deed" onClick={() => w.go('lost')}>{t('wallet.lost-report')}</button>
      {w.lossCode ? <><p class="receipt loss-code">{w.lossCode.loss_code}</p><p>{t('wallet.lost-elsewhere')}</p><p class="address">{`${w.lossCode.issuer.replace(/\/$/, '')}/loss`}</p></>
        : <button type="button" class="wide" onClick={w.showLoss}>{t('wallet.lost-code')}</button>}
    </>}
    {newest.active && newest.state !== 'locked' && <><h2>{t('wallet.lock')}</h2>
      <p>{t('wallet.lock-means')}</p>
      <button type="button" class="wide" onClick={() => void w.lock()}>{t('wallet.lock')}</button></>}
    {newest.active && <><h2>{t('wallet.takeover-other')}</h2>
      <p role="status">{t(w.takeover && !w.takeover.waiting ? 'wallet.takeover-none' : 'wallet.takeover-means')}</p>
      <button type="button" class="wide" onClick={() => void w.lookTakeover()}>{t('wallet.takeover-look')}</button></>}
    {newest.active && <><h2>{t('wallet.orders')}</h2>
      <p>{t('wallet.orders-means')}</p>
      <button type="button" class="wide" onClick={w.showOrders}>{t('wallet.orders-look')}</button></>}
    <h2>{t('wallet.pin')}</h2>
    <p>{t(w.hasPin ? 'wallet.pin-is' : 'wallet.pin-none')}</p>
    <button type="button" class="wide" onClick={() => w.go('pin')}>{t(w.hasPin ? 'wallet.pin-change' : 'wallet.new-pin')}</button>
    <h2>{t('wallet.delete')}</h2>
    <p>{t('wallet.delete-stops')}</p>
    <div class="deeds"><button type="button" onClick={() => w.run('delete')}>{t('wallet.delete')}</button>
      <button type="button" class="plain" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}

export function Deleting({ w, asked }: { w: W; asked: Asked }) {
  const { t } = useText();
  return <>
    <Heading>{t('wallet.delete-sure')}</Heading>
    <p class="lead">{t('wallet.delete-stops')}</p>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <div class="deeds"><button type="button" onClick={() => w.proven(() => asked.answer(''))}>{t('wallet.delete-yes')}</button><button type="button" class="deed" onClick={() => asked.answer(null)}>{t('wallet.delete-no')}</button></div>
  </>;
}

export function Real({ w }: { w: W }) {
  const { t } = useText();
  return <>
    <Heading>{t('wallet.real')}</Heading>
    <ol class="next"><li>{t('wallet.real-address')} <b class="receipt">{location.host}</b></li><li>{t('wallet.real-passkey')}</li><li>{t('wallet.real-scan')}</li></ol>
    <div class="box note"><h2>{t('wallet.real-law')}</h2><p>{t('wallet.real-law-next')}</p></div>
    <div class="deeds"><button type="button" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}
