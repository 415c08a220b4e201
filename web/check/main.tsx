// SPDX-License-Identifier: Apache-2.0
/* A counter: one service of the relying party asks, a QR stands on the screen, and what came of it is said by mark, words and sound. */
import type { Calls } from '@contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import all from 'texts:ui,check,wallet;VER,VP,MDOC,SDJWT,LIST,STATUS,X509,PATH,TRUST,JOSE,API,HTTP';
import { call, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';
import { Qr } from '../ui/qr';
import { Verdict, word } from '../ui/verdict';

type Service = Calls['verifier.API_SERVICE']['answer'];
type Asked = Calls['verifier.API_REQUEST']['answer'];
interface Open { key: string; service: Service }
type Result = Calls['verifier.API_RESULT']['answer'];
const EVERY_MS = 250;
const keysGiven = () => new URLSearchParams(location.hash.slice(1)).getAll('key').filter(Boolean);

function Counter() {
  const { lang, t } = useText();
  const [typed, setTyped] = useState('');
  const [open, setOpen] = useState<Open[]>([]); // services, each by its key, in this page's memory alone
  const [chosen, choose] = useState<Open>();
  const [asked, setAsked] = useState<Asked>();
  const [result, setResult] = useState<Result>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [opening, setOpening] = useState(keysGiven);
  const turn = useRef(0);
  const both = (x: { ko?: string; en?: string }) => (lang === 'en' && x.en ? x.en : x.ko ?? x.en ?? '');

  const begin = async (keys: string[]) => {
    const all: Open[] = [];
    setOpening(keys);
    for (const key of keys) {
      const got = await call('verifier.API_SERVICE', null, [], { key });
      if (!got.ok) { setProblem(got.problem); setOpening([]); return; }
      all.push({ key, service: got.answer });
    }
    setProblem(undefined);
    setOpening([]);
    setOpen(all);
    if (all.length === 1) choose(all[0]);
  };
  useEffect(() => {
    if (!opening.length) return;
    history.replaceState(null, '', location.pathname + location.search);
    void begin(opening);
  }, []);

  const ask = async () => {
    if (busy || !chosen) return;
    const { key } = chosen;
    const mine = ++turn.current;
    setBusy(true);
    setResult(undefined);
    setProblem(undefined);
    const got = await call('verifier.API_REQUEST', {}, [], { key });
    setBusy(false);
    if (!got.ok) { setProblem(got.problem); return; }
    setAsked(got.answer);
    while (turn.current === mine) {
      const now = await call('verifier.API_RESULT', null, [got.answer.id], { key });
      if (turn.current !== mine) return;
      if (!now.ok && now.problem.code !== 'offline' && now.problem.code !== 'server' && now.problem.code !== 'slow') { setProblem(now.problem); setAsked(undefined); return; }
      if (now.ok && now.answer.verdict) { setResult(now.answer); setAsked(undefined); return; }
      if (now.ok && now.answer.state === 'EXPIRED') { setProblem({ code: 'expired', by: 'P', message: '', trace: '' }); setAsked(undefined); return; }
      await new Promise((r) => { setTimeout(r, EVERY_MS); });
    }
  };
  const stop = () => {
    turn.current++;
    if (asked && chosen) void call('verifier.API_CANCEL', null, [asked.id], { key: chosen.key });
    setAsked(undefined);
  };

  if (opening.length) return <><Heading first>{t('check.key-title')}</Heading><p class="lead" role="status">{t('check.opening')}</p></>;
  if (!open.length)
    return <form onSubmit={(e) => { e.preventDefault(); void begin([typed.trim()]); }} noValidate>
      <Heading first>{t('check.key-title')}</Heading><p class="lead">{t('check.key-lead')}</p>
      {problem && <Trouble id="trouble" problem={problem} />}
      <Field name="key" label={t('check.key')} hint={t('check.key-hint')} placeholder="" max={128} plain value={typed} onInput={setTyped} wrong={problem && 'trouble'} />
      <div class="deeds"><button type="submit" class="deed">{t('check.open')}</button></div>
    </form>;
  if (!chosen)
    return <>
      <Heading>{t('check.which')}</Heading>
      <div class="choices">{open.map((o) => <button type="button" class="choice one" key={o.service.service} onClick={() => choose(o)}><b>{both(o.service.purpose)}</b><span>{o.service.claims.map((c) => word(all, lang, c)).join(', ')}</span></button>)}</div>
    </>;
  const { service } = chosen, other = open.length > 1 && <button type="button" class="plain" onClick={() => { setResult(undefined); setProblem(undefined); choose(undefined); }}>{t('check.other')}</button>;
  if (result) return <Verdict other={other} result={result} next={t('check.next')} again={() => void ask()} key={result.id} />;
  if (asked)
    return <>
      <Heading>{t('check.scan')}</Heading><p class="lead">{both(service.purpose)}</p>
      <Qr text={asked.invocation} label={t('check.qr')} />
      <p class="lead" role="status">{t('check.waiting')}</p>
      <div class="deeds"><button type="button" onClick={stop}>{t('check.stop')}</button></div>
    </>;
  return <>
    <Heading>{both(service.name)}</Heading><p class="lead">{both(service.purpose)}</p>
    {problem && <Trouble id="trouble" problem={problem} />}
    <h2>{t('check.asks')}</h2>
    <ul class="claims">{service.claims.map((c) => <li key={c}>{word(all, lang, c)}</li>)}</ul>
    <p class="lead">{service.retention_days ? t('check.kept', { n: String(service.retention_days) }) : t('check.not-kept')}</p>
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => void ask()}>{t('check.start')}</button>{other}</div>
  </>;
}

show(all, 'check.title', Counter);
