// SPDX-License-Identifier: Apache-2.0
/* The wallet on a phone: one passkey, cards by link, shown by link with the holder's yes. What is decided is decided in jumin.wasm. */
import { useEffect, useRef, useState } from 'preact/hooks';
import all from 'texts:ui,wallet;WALLET,VP,VCI,OAUTH,API,HTTP,TRUST';
import type { Problem } from '../ui/call';
import { type Lang, useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';
import { type End, type Look, type Octets, type Operation, type Question, Wallet } from './core';
import { read, Vault } from './store';
import './wallet.css';

const module = WebAssembly.compileStreaming(fetch('ui/jumin.wasm'));
const trustSet = async (): Promise<Octets> => {
  const got = await fetch('ui/trust.cbor', { cache: 'no-cache' });
  if (!got.ok) throw new Error('no trust set');
  return new Uint8Array(await got.arrayBuffer());
};
const problem = (code: string): Problem => ({ code, by: 'P', message: '', trace: '' });

/* A question of the engine, until the screen has answered it. */
interface Asked { question: Question; answer: (said: string | null) => void }

type Screen = 'loading' | 'welcome' | 'locked' | 'home' | 'receive' | 'show' | 'history' | 'working' | 'asked' | 'done';

function useWallet(lang: Lang) {
  const vault = useRef<Vault | undefined>(undefined);
  const [screen, go] = useState<Screen>('loading');
  const [look, setLook] = useState<Look>();
  const [asked, setAsked] = useState<Asked>();
  const [end, setEnd] = useState<End & { op: Operation; declined: boolean }>();
  const declined = useRef(false);
  const [trouble, setTrouble] = useState<Problem>();
  const [link, setLink] = useState('');
  const at = useRef(link);
  at.current = link;

  const open = async (trust = vault.current!.kept.trust, pin = vault.current!.kept.pin) => {
    const v = vault.current!;
    return Wallet.open(await module, {
      seal: (o) => v.seal(o), unseal: (o) => v.unseal(o), keep: (o) => v.keep(o), now: () => Math.floor(Date.now() / 1000),
      ask: (question) => new Promise((answer) => {
        setAsked({ question, answer: (said) => {
          if (question.question === 'consent') declined.current = said === null;
          setAsked(undefined);
          go('working');
          answer(said);
        } });
        go('asked');
      }),
    }, trust, pin, await v.state());
  };
  /* Who may ask for what changes from day to day: a newer set takes the place of ours, an older one never does. Without a network ours will do. */
  const renewTrust = async () => {
    try {
      const set = await trustSet(), v = vault.current!;
      if (set.length === v.kept.trust.length && set.every((o, i) => o === v.kept.trust[i])) return;
      const fresh = await open(set, new Uint8Array(await crypto.subtle.digest('SHA-256', set)));
      if (fresh.version > (await open()).version) await v.trust(set);
    } catch { /* ours */ }
  };
  const enter = async () => {
    await renewTrust();
    if (vault.current!.kept.state) setLook((await open()).look());
    else setLook({ cards: [], history: [], pending: false });
    setTrouble(undefined);
    go(at.current === '' ? 'home' : /^openid-credential-offer:|credential_offer/.test(at.current) ? 'receive' : 'show');
  };
  const passkey = async (make: () => Promise<Vault>) => {
    setTrouble(undefined);
    try {
      vault.current = await make();
      await enter();
    } catch {
      setTrouble(problem('no-passkey'));
    }
  };
  const run = async (op: Operation, uri?: string) => {
    setTrouble(undefined);
    declined.current = false;
    go('working');
    try {
      const wallet = await open(), done = await wallet.run(op, { korean: lang === 'ko', ...(uri === undefined ? {} : { uri }) });
      setLook((await open()).look());
      setEnd({ ...done, op, declined: declined.current });
      if (done.state === 'failed' && !declined.current) setTrouble(problem(done.code ?? 'unknown'));
      setLink('');
      go('done');
    } catch {
      setTrouble(problem('unknown'));
      go('home');
    }
  };
  useEffect(() => {
    const given = location.hash.slice(1);
    if (given !== '') {
      setLink(decodeURIComponent(given));
      history.replaceState(null, '', location.pathname + location.search);
    }
    read().then((kept) => go(kept ? 'locked' : 'welcome'), () => setTrouble(problem('no-store')));
  }, []);

  return { screen, look, asked, end, trouble, link, setLink, go: (to: Screen) => { setTrouble(undefined); go(to); }, run,
    setUp: (name: string) => passkey(async () => {
      const trust = await trustSet();
      await navigator.storage?.persist?.();
      return Vault.create(name, trust);
    }),
    unlock: () => passkey(async () => Vault.unlock((await read())!)) };
}
type W = ReturnType<typeof useWallet>;

function Face({ card }: { card: Look['cards'][0] }) {
  const { lang, t } = useText();
  return <section class={`face ${card.active ? '' : 'off'}`} aria-label={t('wallet.card')}>
    <p class="face-name">{t('wallet.card')}</p>
    <p class="face-state">{t(card.active ? 'wallet.active' : 'wallet.off')}</p>
    <p class="face-issuer">{lang === 'ko' || !card.issuer_en ? card.issuer_ko : card.issuer_en}</p>
    <p class="face-left">{t('wallet.left', { n: String(card.left) })}</p>
  </section>;
}

function Home({ w }: { w: W }) {
  const { t } = useText();
  const cards = w.look!.cards;
  return <>
    <Heading>{t(cards.length ? 'wallet.home' : 'wallet.empty')}</Heading>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {cards.map((c, i) => <Face card={c} key={i} />)}
    {!cards.length && <p class="lead">{t('wallet.empty-lead')}</p>}
    <div class="deeds">
      {cards.some((c) => c.active) && <button type="button" class="deed" onClick={() => w.go('show')}>{t('wallet.show')}</button>}
      {w.look!.pending && <button type="button" class="deed" onClick={() => w.run('continue')}>{t('wallet.continue')}</button>}
      <button type="button" class={cards.length ? '' : 'deed'} onClick={() => w.go('receive')}>{t('wallet.receive')}</button>
      {cards.length > 0 && <button type="button" onClick={() => w.go('history')}>{t('wallet.history')}</button>}
    </div>
  </>;
}

function ByLink({ w, op }: { w: W; op: 'receive' | 'respond' }) {
  const { t } = useText();
  const key = op === 'receive' ? 'receive' : 'show';
  const [empty, setEmpty] = useState(false);
  const start = (e: Event) => {
    e.preventDefault();
    if (w.link.trim() === '') setEmpty(true);
    else void w.run(op, w.link.trim());
  };
  return <form onSubmit={start} noValidate>
    <Heading>{t(`wallet.${key}`)}</Heading>
    <p class="lead">{t(`wallet.${key}-lead`)}</p>
    {empty && <Trouble id="trouble" problem={problem('no-link')} />}
    <Field name="link" label={t('wallet.link')} hint={t('wallet.link-hint')} placeholder={op === 'receive' ? 'openid-credential-offer://' : 'openid4vp://'} max={4096} plain value={w.link} onInput={w.setLink} wrong={empty ? 'trouble' : undefined} />
    <div class="deeds"><button type="submit" class="deed">{t('wallet.next')}</button><button type="button" class="plain" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </form>;
}

function Code({ asked }: { asked: Asked }) {
  const { t } = useText();
  const [code, setCode] = useState('');
  return <form onSubmit={(e) => { e.preventDefault(); if (/^\d{6}$/.test(code.trim())) asked.answer(code.trim()); }} noValidate>
    <Heading>{t('wallet.sign')}</Heading>
    <p class="lead">{t('wallet.sign-lead')}</p>
    <p class="sign" aria-label={t('wallet.sign')}>{asked.question.sign}</p>
    <Field name="code" label={t('wallet.code')} hint={t('wallet.code-hint')} placeholder="000000" max={6} value={code} onInput={setCode} />
    <div class="deeds"><button type="submit" class="deed">{t('wallet.next')}</button><button type="button" class="plain" onClick={() => asked.answer(null)}>{t('wallet.later')}</button></div>
  </form>;
}

function Consent({ asked }: { asked: Asked }) {
  const { lang, t } = useText();
  const q = asked.question, both = (x?: { ko: string; en: string }) => (x ? (lang === 'en' && x.en ? x.en : x.ko) : '');
  const badge = (['wallet.badge-1', 'wallet.badge-2', 'wallet.badge-3', 'wallet.badge-4', 'wallet.badge-5'] as const)[(q.badge ?? 4) - 1]!;
  return <>
    <Heading>{t('wallet.consent', { who: both(q.who) || q.client_id || '' })}</Heading>
    <div class={`box ${(q.badge ?? 4) <= 2 ? 'good' : 'bad'}`}><h2>{t(badge)}</h2><p>{both(q.purpose)}</p></div>
    <h2>{t('wallet.goes')}</h2>
    <ul class="claims">{(q.names ?? '').split(',').filter(Boolean).map((n) => <li key={n}>{claim(n, lang)}</li>)}</ul>
    <dl class="facts">
      <dt>{t('wallet.basis')}</dt><dd>{q.legal_basis || '–'}</dd>
      <dt>{t('wallet.kept')}</dt><dd>{q.retention_days ? t('wallet.days', { n: String(q.retention_days) }) : t('wallet.not-kept')}</dd>
      <dt>{t('wallet.privacy')}</dt><dd>{q.privacy_uri || '–'}</dd>
    </dl>
    <div class="deeds"><button type="button" class="deed" onClick={() => asked.answer('')}>{t('wallet.agree')}</button><button type="button" onClick={() => asked.answer(null)}>{t('wallet.decline')}</button></div>
  </>;
}
/* Names of claims in words, where there are some. */
function claim(name: string, lang: Lang): string {
  return all[lang].web[`wallet.claim-${name}`] ?? name;
}

function Done({ w }: { w: W }) {
  const { t } = useText();
  const end = w.end!, shown = end.op === 'respond', no = end.declined, got = end.op === 'receive' || end.op === 'continue';
  return <>
    <Heading>{t(no ? 'wallet.declined' : end.state === 'failed' ? 'wallet.failed' : shown ? 'wallet.shown' : got ? 'wallet.received' : 'wallet.done')}</Heading>
    {w.trouble ? <Trouble id="trouble" problem={w.trouble} /> : <div class="box good" role="status"><h2>{t(no ? 'wallet.declined-means' : shown ? 'wallet.shown-means' : 'wallet.received-means')}</h2></div>}
    {end.loss_code && <><h2>{t('wallet.loss')}</h2><p>{t('wallet.loss-lead')}</p><p class="receipt loss-code">{end.loss_code}</p></>}
    <div class="deeds"><button type="button" class="deed" onClick={() => w.go('home')}>{t('wallet.to-home')}</button></div>
  </>;
}

function History({ w }: { w: W }) {
  const { lang, t } = useText();
  const day = new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' });
  return <>
    <Heading>{t('wallet.history')}</Heading>
    <p class="lead">{t('wallet.history-lead')}</p>
    <ul class="history">{[...w.look!.history].reverse().map((h, i) => <li key={i}><b>{h.who || t('wallet.badge-4')}</b><span>{day.format(h.at * 1000)}</span>
      <span>{outcome(h.outcome, lang)}{h.claims && ` · ${h.claims.split(',').map((n) => claim(n, lang)).join(', ')}`}</span></li>)}</ul>
    <div class="deeds"><button type="button" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}
function outcome(name: string, lang: Lang): string {
  return all[lang].web[`wallet.outcome-${name}`] ?? name;
}

function Door({ w, first }: { w: W; first: boolean }) {
  const { t } = useText();
  return <>
    <Heading first>{t(first ? 'wallet.welcome' : 'wallet.locked')}</Heading>
    <p class="lead">{t(first ? 'wallet.welcome-lead' : 'wallet.locked-lead')}</p>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <div class="deeds"><button type="button" class="deed" onClick={() => (first ? w.setUp(t('wallet.title')) : w.unlock())}>{t(first ? 'wallet.make' : 'wallet.unlock')}</button></div>
  </>;
}

show(all, 'wallet.title', () => {
  const { lang, t } = useText();
  const w = useWallet(lang);
  switch (w.screen) {
    case 'welcome': return <Door w={w} first key="welcome" />;
    case 'locked': return <Door w={w} first={false} key="locked" />;
    case 'home': return <Home w={w} key="home" />;
    case 'receive': return <ByLink w={w} op="receive" key="receive" />;
    case 'show': return <ByLink w={w} op="respond" key="show" />;
    case 'asked': return w.asked?.question.question === 'code' ? <Code asked={w.asked} key="code" /> : w.asked ? <Consent asked={w.asked} key="consent" /> : null;
    case 'history': return <History w={w} key="history" />;
    case 'done': return <Done w={w} key="done" />;
    default: return <><Heading first={w.screen === 'loading'}>{t(w.screen === 'loading' ? 'wallet.title' : 'wallet.working')}</Heading><p class="lead" role="status">{t('wallet.wait')}</p>{w.trouble && <Trouble id="trouble" problem={w.trouble} />}</>;
  }
});
