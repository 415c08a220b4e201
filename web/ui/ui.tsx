// SPDX-License-Identifier: Apache-2.0
/* The parts that every page is made of. */
import { type ComponentChildren, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TextKey } from '@contract';
import type { Problem } from './call';
import { type All, firstLang, type Lang, Spoken, useText } from './text';
import './ui.css';

/* A page in the language that is asked for; the other one is a button away. */
export function show(all: All, title: TextKey, Content: () => ComponentChildren) {
  function Whole() {
    const [lang, speak] = useState<Lang>(firstLang);
    useEffect(() => {
      document.documentElement.lang = lang;
      document.title = all[lang].web[title] ?? title;
    }, [lang]);
    const turn = (to: Lang) => {
      const url = new URL(location.href);
      url.searchParams.set('lang', to);
      history.replaceState(history.state, '', url);
      speak(to);
    };
    return <Spoken.Provider value={{ lang, all, speak: turn }}><Frame turn={turn}><Content /></Frame></Spoken.Provider>;
  }
  render(<Whole />, document.body);
}

function Mark() {
  return <svg viewBox="0 0 64 64" aria-hidden="true"><rect x="4" y="12" width="56" height="40" rx="9" fill="#12456b" stroke="#9fd0f5" stroke-width="2" /><circle cx="22" cy="29" r="7" fill="#f2c14e" />
    <path d="M10 46c2-8 8-11 12-11s10 3 12 11z" fill="#f2c14e" /><path d="M40 26h12M40 34h12M40 42h7" stroke="#fff" stroke-width="4" stroke-linecap="round" /></svg>;
}

function Frame({ turn, children }: { turn: (to: Lang) => void; children: ComponentChildren }) {
  const { lang, t } = useText();
  const other = lang === 'ko' ? 'en' : 'ko';
  return <div class="page">
    <header><span class="mark"><Mark />{t('ui.service')}</span>
      <button type="button" class="plain" lang={other} onClick={() => turn(other)}>{other === 'ko' ? '한국어' : 'English'}</button></header>
    <main>{children}</main>
    <footer>{t('ui.help')}</footer>
  </div>;
}

/* The heading of a screen: who reads by ear is taken there when a screen comes. */
export function Heading({ children, first }: { children: ComponentChildren; first?: boolean }) {
  const at = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (!first) at.current?.focus(); }, []);
  return <h1 ref={at} tabIndex={-1}>{children}</h1>;
}

export function Field({ name, label, hint, value, onInput, wrong, placeholder, max, plain }: {
  name: string; label: string; hint: string; value: string; onInput: (v: string) => void; wrong?: string | undefined; placeholder: string; max: number; plain?: boolean;
}) {
  return <div class="field">
    <label for={name}>{label}</label>
    <small id={`${name}-hint`}>{hint}</small>
    <input id={name} name={name} value={value} maxLength={max} placeholder={placeholder} autocomplete="off" class={plain ? 'plain-text' : ''} autocapitalize={plain ? 'none' : 'characters'} spellcheck={false} enterkeyhint="send"
      aria-describedby={`${name}-hint${wrong ? ` ${wrong}` : ''}`} aria-invalid={wrong ? 'true' : 'false'} onInput={(e) => onInput(e.currentTarget.value)} />
  </div>;
}

/* What goes wrong without anybody having answered. */
const alone = ['offline', 'server', 'slow', 'no-code', 'no-passkey', 'staff-passkey', 'not-compared', 'not-withdrawn', 'not-seen', 'other-reader', 'no-store', 'no-link', 'no-code-of-ours', 'no-qr', 'no-camera', 'camera-denied', 'pin-wrong', 'pin-form', 'pin-repeat', 'pin-run', 'pin-birth', 'expired', 'no-wallet', 'no-service', 'no-visit', 'code-short', 'unknown'] as const;

/* Title, cause, next step, who acts, code and trace: the one shape of what went wrong. */
export function Trouble({ id, problem }: { id: string; problem: Problem }) {
  const { t, code } = useText();
  const at = useRef<HTMLDivElement>(null);
  const own = alone.find((a) => a === problem.code) ?? 'unknown';
  const known = code(problem.code), [title, next] = known ?? [t(`ui.${own}`, problem.holes), t(`ui.${own}-next`, problem.holes)];
  const by = problem.trace ? problem.by : known?.[2];
  useEffect(() => { at.current?.focus(); }, [problem]);
  return <div class="box bad" id={id} role="alert" tabIndex={-1} ref={at}>
    <h2>{title}</h2>
    {next && <p>{next}</p>}
    {problem.after ? <p>{problem.after > 120 ? t('ui.after-minutes', { n: String(Math.ceil(problem.after / 60)) }) : t('ui.after', { n: String(problem.after) })}</p> : null}
    {(problem.codes ?? []).slice(1).map((c) => <p key={c} class="and"><b>{code(c)?.[0] ?? c}</b><br />{code(c)?.[1]}</p>)}
    {by && <><p>{t(`ui.by-${by}`)}</p><p class="trace">{t('ui.trace')} <span class="number">{problem.code}</span>{problem.trace && <> · <span class="number">{problem.trace}</span></>}</p></>}
  </div>;
}
