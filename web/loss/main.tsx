// SPDX-License-Identifier: Apache-2.0
/* Reporting a loss without account, phone or PIN (D-270): what was lost, the code, and what came of it. */
import type { Calls } from '@contract';
import { useEffect, useState } from 'preact/hooks';
import all from 'texts:ui,loss;LOSS,API,HTTP';
import { call, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Field, Heading, show, Trouble } from '../ui/ui';

type Loss = Calls['issuer.LOSS'];
const things = ['phone', 'card', 'plastic'] as const;
type Thing = typeof things[number];
const pictures: Record<Thing, string> = {
  phone: 'M20 6h24a4 4 0 0 1 4 4v44a4 4 0 0 1-4 4H20a4 4 0 0 1-4-4V10a4 4 0 0 1 4-4zM28 50h8',
  card: 'M18 6h28a4 4 0 0 1 4 4v44a4 4 0 0 1-4 4H18a4 4 0 0 1-4-4V10a4 4 0 0 1 4-4zM21 20h22v15H21zM26 44h12',
  plastic: 'M8 14h48a4 4 0 0 1 4 4v28a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V18a4 4 0 0 1 4-4zM12 24h14v16H12zM34 26h18M34 34h18M34 42h10',
};

/* Where one is, in the browser's history: its back button goes to the screen before. */
interface Place { what?: Thing; done?: Loss['answer'] }

function usePlace(): [Place, (to: Place) => void] {
  const [place, set] = useState<Place>(() => (history.state as Place | null) ?? {});
  useEffect(() => {
    const back = () => set((history.state as Place | null) ?? {});
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  return [place, (to) => { history.pushState(to, ''); set(to); scrollTo(0, 0); }];
}

function Choose({ onChoose }: { onChoose: (what: Thing) => void }) {
  const { t } = useText();
  return <>
    <p class="steps">{t('loss.step-1')}</p>
    <Heading first={history.length < 2}>{t('loss.what')}</Heading>
    <p class="lead">{t('loss.lead')}</p>
    <div class="choices">{things.map((what) =>
      <button type="button" class="choice" key={what} onClick={() => onChoose(what)}>
        <svg viewBox="0 0 64 64" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d={pictures[what]} /></svg>
        <b>{t(`loss.${what}`)}</b><span>{t(`loss.${what}-effect`)}</span>
      </button>)}</div>
  </>;
}

function Report({ what, onDone }: { what: Thing; onDone: (done: Loss['answer']) => void }) {
  const { t } = useText();
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const report = async (e: Event) => {
    e.preventDefault();
    if (busy) return;
    if (code.trim() === '') { setProblem({ code: 'no-code', by: 'P', message: '', trace: '' }); return; }
    setBusy(true);
    const got = await call('issuer.LOSS', { loss_code: code.trim(), what });
    setBusy(false);
    if (got.ok) onDone(got.answer);
    else setProblem(got.problem);
  };
  return <form onSubmit={report} noValidate>
    <p class="steps">{t('loss.step-2')}</p>
    <Heading>{t('loss.code-title', { what: t(`loss.${what}`) })}</Heading>
    <p class="lead">{t(`loss.${what}-effect`)}</p>
    {problem && <Trouble id="trouble" problem={problem} />}
    <Field name="code" label={t('loss.code')} hint={t('loss.code-hint')} placeholder="XXXXX-XXXXX-XXXXX-XXXXX-X" max={64} value={code} onInput={setCode} wrong={problem && 'trouble'} />
    <div class="deeds">
      <button type="submit" class="deed" aria-disabled={busy}>{t(busy ? 'loss.busy' : 'loss.pause')}</button>
      <button type="button" class="plain" onClick={() => history.back()}>{t('ui.back')}</button>
    </div>
    <h2>{t('loss.no-code')}</h2><p>{t('loss.no-code-next')}</p>
  </form>;
}

function Done({ what, done }: { what: Thing; done: Loss['answer'] }) {
  const { t } = useText();
  const paused = done.effect === 'paused';
  const next = !paused ? ['next-none'] as const : what === 'plastic' ? ['next-found', 'next-plastic'] as const : ['next-found', 'next-gone'] as const;
  return <>
    <Heading>{t(paused ? 'loss.paused' : 'loss.none')}</Heading>
    <div class="box good" role="status">
      <h2>{t(paused ? 'loss.paused-now' : 'loss.taken')}</h2>
      <p>{t(paused ? 'loss.paused-means' : 'loss.none-means')}</p>
    </div>
    <h2>{t('loss.then')}</h2>
    <ol class="next">{next.map((n) => <li key={n}>{t(`loss.${n}`)}</li>)}</ol>
    <h2>{t('loss.receipt')}</h2>
    <p class="receipt">{done.receipt}</p>
    <div class="deeds"><button type="button" onClick={() => print()}>{t('loss.print')}</button></div>
  </>;
}

show(all, 'loss.title', () => {
  const [{ what, done }, go] = usePlace();
  if (what && done) return <Done what={what} done={done} key="done" />;
  if (what) return <Report what={what} onDone={(answer) => go({ what, done: answer })} key={what} />;
  return <Choose onChoose={(w) => go({ what: w })} key="choose" />;
});
