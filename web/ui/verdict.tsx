// SPDX-License-Identifier: Apache-2.0
/* What came of a presentation, by mark, words and sound; texts of the groups check and wallet. */
import type { Calls, Code } from '@contract';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type All, type Lang, useText } from './text';
import { Heading } from './ui';
import './verdict.css';

type Result = Pick<Calls['verifier.VISIT_END']['answer'], 'verdict' | 'fail' | 'undecided' | 'claims' | 'assurance' | 'checks'>;
const VALUES_S = 60; // no value longer on the screen

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
export const word = (all: All, lang: Lang, name: string) => all[lang].web[`wallet.claim-${name}`] ?? name;

function Values({ claims }: { claims: unknown }) {
  const { all, lang, t } = useText();
  return <dl class="values">{leaves(claims).map(([name, v]) => <div key={name}><dt>{word(all, lang, name)}</dt>
    <dd>{name === 'portrait' || name === 'picture' ? <img alt={word(all, lang, name)} src={String(v).startsWith('data:') ? String(v) : `data:image/jpeg;base64,${String(v).replaceAll('-', '+').replaceAll('_', '/')}`} />
      : typeof v === 'boolean' ? t(v ? 'check.yes' : 'check.no') : String(v)}</dd></div>)}</dl>;
}

const marks = { accepted: 'M14 34l12 12 24-28', rejected: 'M18 18l28 28M46 18L18 46', undecided: 'M24 24a8 8 0 1 1 12 7c-3 2-4 4-4 7M32 48v1' } as const;

/** @param next what the one button says, @param again what it does, @param mine said to the holder */
export function Verdict({ result, next, again, mine, other }: { result: Result; next: string; again: () => void; mine?: boolean; other?: ComponentChildren }) {
  const { lang, t, code } = useText();
  const verdict = result.verdict === 'accepted' || result.verdict === 'rejected' ? result.verdict : 'undecided';
  const [gone, setGone] = useState(false);
  const [at] = useState(() => new Date().toLocaleTimeString(lang === 'ko' ? 'ko-KR' : 'en-GB')); // the reader's own clock (D-371)
  const age = result.assurance?.status_age_s ?? null;
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
      <Heading>{t(declined ? (mine ? 'visit.declined' : 'check.declined') : `check.${verdict}`)}</Heading>
      <p>{t(declined ? (mine ? 'visit.declined-means' : 'check.declined-means') : mine && verdict !== 'accepted' ? 'visit.not-means' : `check.${verdict}-means`)}</p>
    </div>
    {reasons.length > 0 && <ul class="reasons">{reasons.map((r) => <li key={r}>{code(r)?.[0] ?? r}<small class="number">{r}</small></li>)}</ul>}
    {result.claims !== undefined && (gone ? <p class="lead">{t('check.gone')}</p> : <Values claims={result.claims} />)}
    {result.assurance && <p class="lead">{age === null ? t('check.no-age') : t(age < 60 ? 'check.age' : 'check.age-minutes', { at, n: String(age < 60 ? age : Math.floor(age / 60)) })}</p>}
    <div class="deeds"><button type="button" class="deed" onClick={again}>{next}</button>{other}</div>
    {result.checks && <details><summary>{t('check.all', { n: String(result.checks.length) })}</summary>
      <ul class="checks">{result.checks.map((c, i) => <li key={i} class={c.result}><b>{t(`check.result-${c.result as 'pass' | 'fail' | 'warn' | 'unknown' | 'skip'}`)}</b> {/* sentences say what is wrong */ c.result === 'pass' || c.result === 'skip' ? '' : code(c.code)?.[0] ?? c.check}<small class="number">{c.code} · {c.clause}</small></li>)}</ul></details>}
  </>;
}
