// SPDX-License-Identifier: Apache-2.0
/* The desk: everything that `jumin desk` does, in a clerk's browser. */
import type { Code } from '@contract';
import { useEffect, useState } from 'preact/hooks';
import all from 'texts:ui,desk;STAFF,DESK,ELIG,REGISTER,VCI,FEE,API,HTTP';
import { call, type Outcome, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Heading, show, Trouble } from '../ui/ui';
import { makePasskey, signIn, type Who } from './passkey';
import './desk.css';

/* The operator's link is for once: it does not stay in sight, nor in the history. */
function tokenOfLink(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('enrol');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/* One deed that waits for a passkey. */
function useDeed<T>(deed: () => Promise<Outcome<T>>, done: (answer: T) => void): [() => void, boolean, Problem | undefined] {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    const got = await deed();
    setBusy(false);
    if (got.ok) done(got.answer);
    else setProblem(got.problem);
  };
  return [() => void run(), busy, problem];
}

function Enrol({ token, onDone }: { token: string; onDone: (name: string) => void }) {
  const { t } = useText();
  const [make, busy, problem] = useDeed(() => makePasskey(token, t('ui.service')), (a) => onDone(a.user));
  return <>
    <Heading first>{t('desk.enrol')}</Heading><p class="lead">{t('desk.enrol-lead')}</p>
    {problem && <Trouble id="trouble" problem={problem} />}
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={make}>{t(busy ? 'desk.touch' : 'desk.make')}</button></div>
  </>;
}

function SignIn({ made, was, onDone }: { made: string | undefined; was: Problem | undefined; onDone: (who: Who) => void }) {
  const { t } = useText();
  const [enter, busy, problem] = useDeed(signIn, onDone);
  const wrong = problem ?? was;
  return <>
    <Heading first={made === undefined}>{t('desk.sign-in')}</Heading>
    {made !== undefined && !wrong && <div class="box good" role="status"><h2>{t('desk.made', { name: made })}</h2><p>{t('desk.made-next')}</p></div>}
    {wrong && <Trouble id="trouble" problem={wrong} />}
    <p class="lead">{t('desk.sign-in-lead')}</p>
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={enter}>{t(busy ? 'desk.touch' : 'desk.enter')}</button></div>
  </>;
}

function Desk() {
  const { t } = useText();
  const [token, setToken] = useState(tokenOfLink);
  const [made, setMade] = useState<string>();
  const [who, setWho] = useState<Who | null>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    void call('issuer.DESK_SESSION', null).then((got) => {
      setWho(got.ok ? got.answer : null);
      if (!got.ok && got.problem.code !== ('JM_STAFF_SESSION' satisfies Code)) setProblem(got.problem);
    });
  }, []);
  const leave = async () => {
    const got = await call('issuer.DESK_SIGN_OUT', {});
    if (!got.ok && got.problem.code !== ('JM_STAFF_SESSION' satisfies Code)) { setProblem(got.problem); return; }
    setProblem(undefined);
    setWho(null);
  };
  if (token !== null) return <Enrol token={token} onDone={(name) => { setMade(name); setToken(null); setWho(null); }} />;
  if (who === undefined) return <p class="lead" role="status">{t('desk.wait')}</p>;
  if (who === null) return <SignIn made={made} was={problem} onDone={(w) => { setProblem(undefined); setWho(w); }} />;
  return <>
    <p class="clerk"><span><b>{who.user}</b> · {t(`desk.role-${who.role as 'clerk' | 'supervisor' | 'agent' | 'operator' | 'auditor'}`)} · <span class="number">{who.centre}</span></span>
      <button type="button" class="plain" onClick={() => void leave()}>{t('desk.sign-out')}</button></p>
    {problem && <Trouble id="trouble" problem={problem} />}
  </>;
}

show(all, 'desk.title', Desk);
