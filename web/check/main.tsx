// SPDX-License-Identifier: Apache-2.0
/* A counter: one service of the relying party asks, a QR stands on the screen, and what came of it is said by mark, words and sound. */
import type { Calls } from '@contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import qrcode from 'qrcode-generator';
import all from 'texts:ui,check,wallet;VER,VP,MDOC,SDJWT,LIST,STATUS,X509,PATH,TRUST,JOSE,API,HTTP';
import { call, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';
import { Verdict, word } from '../ui/verdict';

type Service = Calls['verifier.API_SERVICE']['answer'];
type Asked = Calls['verifier.API_REQUEST']['answer'];
type Result = Calls['verifier.API_RESULT']['answer'];
const EVERY_MS = 250;

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
  if (result) return <Verdict result={result} next={t('check.next')} again={() => void ask()} key={result.id} />;
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
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => void ask()}>{t('check.start')}</button></div>
  </>;
}

show(all, 'check.title', Counter);
