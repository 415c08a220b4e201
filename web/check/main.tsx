// SPDX-License-Identifier: Apache-2.0
/* A counter: one service of the relying party asks, a QR stands on the screen, and what came of it is said by mark, words and sound. */
import type { Calls, Code } from '@contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import qrcode from 'qrcode-generator';
import all from 'texts:ui,check,wallet;VER,VP,MDOC,SDJWT,LIST,STATUS,X509,PATH,TRUST,JOSE,API,HTTP';
import { call, type Problem } from '../ui/call';
import { type Lang, useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';
import './check.css';

type Service = Calls['verifier.API_SERVICE']['answer'];
type Asked = Calls['verifier.API_REQUEST']['answer'];
type Result = Calls['verifier.API_RESULT']['answer'];
const EVERY_MS = 700, VALUES_S = 60; // no value longer on the screen

/* Dark on light in every theme, four modules of quiet around. */
function Qr({ text, label }: { text: string; label: string }) {
  const q = qrcode(0, 'M');
  q.addData(text, 'Byte');
  q.make();
  const n = q.getModuleCount();
  let path = '';
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (q.isDark(y, x)) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  return <svg class="qr" viewBox={`0 0 ${n + 8} ${n + 8}`} role="img" aria-label={label} shape-rendering="crispEdges"><path fill="#fff" d={`M0 0h${n + 8}v${n + 8}H0z`} /><path fill="#000" d={path} /></svg>;
}

function sound(good: boolean): void {
  try {
    const a = new AudioContext(), o = a.createOscillator(), g = a.createGain();
    o.frequency.value = good ? 880 : 220;
    g.gain.value = 0.08;
    o.connect(g).connect(a.destination);
    o.start();
    o.stop(a.currentTime + (good ? 0.12 : 0.4));
    o.onended = () => void a.close();
  } catch { /* words and mark say it as well */ }
}

/* Values at their places, as name and text. */
function leaves(value: unknown, name = ''): [string, unknown][] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value).flatMap(([k, v]) => leaves(v, k)) : [[name, value]];
}
const word = (lang: Lang, name: string) => all[lang].web[`wallet.claim-${name}`] ?? name;

function Values({ claims }: { claims: unknown }) {
  const { lang, t } = useText();
  return <dl class="values">{leaves(claims).map(([name, v]) => <div key={name}><dt>{word(lang, name)}</dt>
    <dd>{name === 'portrait' || name === 'picture' ? <img alt={word(lang, name)} src={String(v).startsWith('data:') ? String(v) : `data:image/jpeg;base64,${String(v).replaceAll('-', '+').replaceAll('_', '/')}`} />
      : typeof v === 'boolean' ? t(v ? 'check.yes' : 'check.no') : String(v)}</dd></div>)}</dl>;
}

const marks = { accepted: 'M14 34l12 12 24-28', rejected: 'M18 18l28 28M46 18L18 46', undecided: 'M24 24a8 8 0 1 1 12 7c-3 2-4 4-4 7M32 48v1' } as const;

function Verdict({ result, again }: { result: Result; again: () => void }) {
  const { t, code } = useText();
  const verdict = result.verdict === 'accepted' || result.verdict === 'rejected' ? result.verdict : 'undecided';
  const [gone, setGone] = useState(false);
  useEffect(() => {
    sound(verdict === 'accepted');
    const timer = setTimeout(() => setGone(true), VALUES_S * 1000);
    return () => clearTimeout(timer);
  }, []);
  /* The holder's wallet said no: that is no fault of a card. */
  const declined = verdict === 'rejected' && result.fail?.length === 1 && result.fail[0] === ('JM_VER_WALLET_ERROR' satisfies Code);
  const reasons = declined ? [] : (verdict === 'rejected' ? result.fail : result.undecided) ?? [];
  return <>
    <div class={`verdict ${declined ? 'undecided' : verdict}`}>
      <svg viewBox="0 0 64 64" fill="none" stroke="currentColor" stroke-width="7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d={marks[verdict]} /></svg>
      <Heading>{t(declined ? 'check.declined' : `check.${verdict}`)}</Heading>
      <p>{t(declined ? 'check.declined-means' : `check.${verdict}-means`)}</p>
    </div>
    {reasons.length > 0 && <ul class="reasons">{reasons.map((r) => <li key={r}>{code(r)?.[0] ?? r}<small class="number">{r}</small></li>)}</ul>}
    {result.claims !== undefined && (gone ? <p class="lead">{t('check.gone')}</p> : <Values claims={result.claims} />)}
    {result.assurance && <p class="lead">{result.assurance.status_age_s === null ? t('check.no-age') : t('check.age', { n: String(result.assurance.status_age_s) })}</p>}
    <div class="deeds"><button type="button" class="deed" onClick={again}>{t('check.next')}</button></div>
    {result.checks && <details><summary>{t('check.all', { n: String(result.checks.length) })}</summary>
      <ul class="checks">{result.checks.map((c, i) => <li key={i} class={c.result}><b>{t(`check.result-${c.result as 'pass' | 'fail' | 'warn' | 'unknown' | 'skip'}`)}</b> {/* sentences say what is wrong */ c.result === 'pass' || c.result === 'skip' ? '' : code(c.code)?.[0] ?? c.check}<small class="number">{c.code} · {c.clause}</small></li>)}</ul></details>}
  </>;
}

function Counter() {
  const { lang, t } = useText();
  const [key, setKey] = useState('');
  const [service, setService] = useState<Service>();
  const [asked, setAsked] = useState<Asked>();
  const [result, setResult] = useState<Result>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const both = (x: { ko?: string; en?: string }) => (lang === 'en' && x.en ? x.en : x.ko ?? x.en ?? '');

  const begin = async (with_: string) => {
    const got = await call('verifier.API_SERVICE', null, [], with_.trim());
    if (got.ok) { setService(got.answer); setProblem(undefined); } else setProblem(got.problem);
  };
  useEffect(() => {
    const given = new URLSearchParams(location.hash.slice(1)).get('key');
    if (!given) return;
    history.replaceState(null, '', location.pathname + location.search);
    setKey(given);
    void begin(given);
  }, []);

  const ask = async () => {
    if (busy) return;
    const mine = ++turn.current;
    setBusy(true);
    setResult(undefined);
    setProblem(undefined);
    const got = await call('verifier.API_REQUEST', {}, [], key.trim());
    setBusy(false);
    if (!got.ok) { setProblem(got.problem); return; }
    setAsked(got.answer);
    while (turn.current === mine) {
      const now = await call('verifier.API_RESULT', null, [got.answer.id], key.trim());
      if (turn.current !== mine) return;
      if (!now.ok && now.problem.code !== 'offline' && now.problem.code !== 'server') { setProblem(now.problem); setAsked(undefined); return; }
      if (now.ok && now.answer.verdict) { setResult(now.answer); setAsked(undefined); return; }
      if (now.ok && now.answer.state === 'EXPIRED') { setProblem({ code: 'expired', by: 'P', message: '', trace: '' }); setAsked(undefined); return; }
      await new Promise((r) => { setTimeout(r, EVERY_MS); });
    }
  };
  const stop = () => {
    turn.current++;
    if (asked) void call('verifier.API_CANCEL', null, [asked.id], key.trim());
    setAsked(undefined);
  };

  if (!service)
    return <form onSubmit={(e) => { e.preventDefault(); void begin(key); }} noValidate>
      <Heading first>{t('check.key-title')}</Heading><p class="lead">{t('check.key-lead')}</p>
      {problem && <Trouble id="trouble" problem={problem} />}
      <Field name="key" label={t('check.key')} hint={t('check.key-hint')} placeholder="" max={128} plain value={key} onInput={setKey} wrong={problem && 'trouble'} />
      <div class="deeds"><button type="submit" class="deed">{t('check.open')}</button></div>
    </form>;
  if (result) return <Verdict result={result} again={() => void ask()} key={result.id} />;
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
    <ul class="claims">{service.claims.map((c) => <li key={c}>{word(lang, c)}</li>)}</ul>
    <p class="lead">{service.retention_days ? t('check.kept', { n: String(service.retention_days) }) : t('check.not-kept')}</p>
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => void ask()}>{t('check.start')}</button></div>
  </>;
}

show(all, 'check.title', Counter);
