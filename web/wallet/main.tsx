// SPDX-License-Identifier: Apache-2.0
/* The wallet on a phone: one passkey, cards by link, shown by link with the holder's yes. What is decided is decided in jumin.wasm. */
import { useEffect, useState } from 'preact/hooks';
import all from 'texts:ui,wallet,loss;WALLET,VP,VCI,OAUTH,API,HTTP,TRUST,PROVIDER,LOSS,CARD,ELIG,TAKEOVER,ORDER';
import { useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';
import { Care, Deleting, Home, Real } from './card';
import { Consent } from './consent';
import { Losing, Reported } from './lost';
import { Orders } from './orders';
import { History } from './past';
import { ByPin, FirstPin, NewPin } from './pins';
import { Ready } from './ready';
import { Scan } from './scanning';
import { CardDigits, Reader, Same, Tapping } from './tap';
import { type Asked, problem, useWallet, type W } from './use';
import './wallet.css';

const tooShort = problem('code-short'); // one object: a new one takes the focus
function Code({ asked }: { asked: Asked }) {
  const { t } = useText();
  const [code, setCode] = useState('');
  const [short, setShort] = useState(false);
  return <form onSubmit={(e) => { e.preventDefault(); const six = code.replace(/\D/g, ''); if (six.length === 6) asked.answer(six); else setShort(true); }} noValidate>
    <Heading>{t('wallet.sign')}</Heading>
    <p class="lead">{t('wallet.sign-lead')}</p>
    <p class="sign" aria-label={t('wallet.sign')}>{asked.question.sign}</p>
    {short && <Trouble id="short" problem={tooShort} />}
    <Field name="code" label={t('wallet.code')} hint={t('wallet.code-hint')} placeholder="000000" max={9} value={code} onInput={setCode} wrong={short ? 'short' : undefined} />
    <div class="deeds"><button type="submit" class="deed">{t('wallet.next')}</button><button type="button" class="plain" onClick={() => asked.answer(null)}>{t('wallet.later')}</button></div>
  </form>;
}

/* A good request that this wallet cannot answer: may whoever asks know? */
function Tell({ asked }: { asked: Asked }) {
  const { t, code } = useText();
  return <>
    <Heading>{t('wallet.tell')}</Heading>
    <p class="lead">{code(asked.question.why ?? '')?.[0] ?? t('wallet.tell-lead')}</p>
    <div class="deeds"><button type="button" class="deed" onClick={() => asked.answer('')}>{t('wallet.tell-yes')}</button><button type="button" onClick={() => asked.answer(null)}>{t('wallet.tell-no')}</button></div>
  </>;
}

function Done({ w }: { w: W }) {
  const { t } = useText();
  const end = w.end!, shown = end.op === 'respond', no = end.declined && shown, kept = end.declined && !shown, got = end.op === 'receive' || end.op === 'continue' || end.op === 'tap' || end.op === 'renew';
  return <>
    <Heading>{t(no ? 'wallet.declined' : kept ? 'wallet.done' : end.state === 'failed' ? 'wallet.failed' : shown ? 'wallet.shown' : got ? 'wallet.received' : 'wallet.done')}</Heading>
    {w.trouble ? <Trouble id="trouble" problem={w.trouble} /> : <div class="box good" role="status"><h2>{t(no ? 'wallet.declined-means' : kept ? 'wallet.delete-kept' : shown ? 'wallet.shown-means' : end.op === 'delete' ? 'wallet.delete-done' : 'wallet.received-means')}</h2></div>}
    {end.loss_code && <><h2>{t('wallet.loss')}</h2><p>{t('wallet.loss-lead')}</p><p class="receipt loss-code">{end.loss_code}</p></>}
    <div class="deeds">{w.trouble && w.mayHelp && <button type="button" class="deed" onClick={w.again}>{t(w.look!.pending ? 'wallet.go-on' : 'wallet.again')}</button>}
      {end.redirect && <a class="button deed" href={end.redirect}>{t('wallet.go-back')}</a>}
      <button type="button" class={(w.trouble && w.mayHelp) || end.redirect ? '' : 'deed'} onClick={() => w.go('home')}>{t('wallet.to-home')}</button></div>
  </>;
}

function Door({ w, first }: { w: W; first: boolean }) {
  const { t } = useText();
  const [byPin, setByPin] = useState(false);
  if (!first && w.pinAlone) return <ByPin w={w} go={w.unlockByPin} title={t('wallet.locked')} />;
  if (byPin) return <ByPin w={w} go={w.unlockByPin} back={() => { w.settle(); setByPin(false); }} title={t('wallet.locked')} />;
  return <>
    <Heading first>{t(first ? 'wallet.welcome' : 'wallet.locked')}</Heading>
    <p class="lead">{t(first ? 'wallet.welcome-lead' : 'wallet.locked-lead')}</p>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <div class="deeds"><button type="button" class="deed" onClick={() => (first ? w.setUp(t('wallet.title')) : w.unlock())}>{t(first ? 'wallet.make' : 'wallet.unlock')}</button>
      {first && w.trouble?.code === 'no-passkey' && <button type="button" onClick={() => w.go('first-pin')}>{t('wallet.with-pin')}</button>}
      {!first && w.hasPin && <button type="button" onClick={() => { w.settle(); setByPin(true); }}>{t('wallet.by-pin')}</button>}</div>
  </>;
}

/* Two tabs of one wallet: this one waits. */
function Elsewhere({ w }: { w: W }) {
  const { t } = useText();
  return <>
    <Heading first>{t('wallet.elsewhere')}</Heading>
    <p class="lead">{t('wallet.elsewhere-lead')}</p>
    <div class="deeds"><button type="button" class="deed" onClick={w.takeOver}>{t('wallet.take-over')}</button></div>
  </>;
}

function Question({ w, asked }: { w: W; asked: Asked }) {
  switch (asked.question.question) {
    case 'code': return <Code asked={asked} />;
    case 'delete': return <Deleting w={w} asked={asked} />;
    case 'tell': return <Tell asked={asked} />;
    case 'consent': return <Consent w={w} asked={asked} />;
    case 'card': return <CardDigits w={w} asked={asked} />;
  }
}

const SLOW_MS = 6000;
function Working() {
  const { t } = useText();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return <><Heading>{t('wallet.working')}</Heading><p class="lead" role="status">{t(slow ? 'wallet.slow' : 'wallet.wait')}</p></>;
}

show(all, 'wallet.title', () => {
  const { lang, t } = useText();
  const w = useWallet(lang, all);
  if (w.proving) return <ByPin w={w} go={w.proveByPin} back={w.proveNot} title={t('wallet.prove')} key="prove" />;
  switch (w.screen) {
    case 'elsewhere': return <Elsewhere w={w} key="elsewhere" />;
    case 'ready': return <Ready done={(byPin) => w.go(byPin ? 'first-pin' : 'welcome')} key="ready" />;
    case 'first-pin': return <FirstPin w={w} key="first-pin" />;
    case 'welcome': return <Door w={w} first key="welcome" />;
    case 'locked': return <Door w={w} first={false} key="locked" />;
    case 'home': return w.owes ? <NewPin w={w} key="pin" /> : <Home w={w} key="home" />;
    case 'scan': return <Scan w={w} key="scan" />;
    case 'care': return <Care w={w} key="care" />;
    case 'pin': return <NewPin w={w} key="pin" />;
    case 'lost': return <Losing w={w} key="lost" />;
    case 'real': return <Real w={w} key="real" />;
    case 'asked': return w.asked && <Question w={w} asked={w.asked} key={w.asked.question.question} />;
    case 'history': return <History w={w} key="history" />;
    case 'done': return w.end?.reported ? <Reported w={w} report={w.end.reported} key="reported" /> : <Done w={w} key="done" />;
    case 'reader': return <Reader w={w} key="reader" />;
    case 'orders': return <Orders w={w} key="orders" />;
    case 'same': return <Same w={w} key="same" />;
    case 'working': return w.carried > 0 ? <Tapping w={w} key="tapping" /> : <Working key="working" />;
    case 'loading': return <><Heading first>{t('wallet.title')}</Heading>{w.trouble ? <Trouble id="trouble" problem={w.trouble} /> : <p class="lead" role="status">{t('wallet.wait')}</p>}</>;
  }
});
