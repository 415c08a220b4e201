// SPDX-License-Identifier: Apache-2.0
/* The desk: everything that `jumin desk` does, in a clerk's browser. */
import type { Calls, Code } from '@contract';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import all from 'texts:ui,desk;STAFF,DESK,ELIG,REGISTER,VCI,FEE,ORDER,EVENT,TAKEOVER,API,HTTP';
import { call, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Heading, show, Trouble } from '../ui/ui';
import { Applications, Takeover } from './afar';
import { CitizenWindow, RunningCase, type Running } from './case';
import { facing } from './channel';
import { Citizen } from './citizen';
import { Fee, TheTill } from './fee';
import { Find, type Person, type Task } from './find';
import { OrderOf, TheOrders } from './order';
import { makePasskey, signIn, type Who } from './passkey';
import { AskPhoto, Asks } from './photo';
import { type Done, Issue, Loss, type Opened, type Plastic, Refuse, Resume } from './person';
import { Signed, useAsk, useDeed } from './session';
import './desk.css';

/* The operator's link is for once: it does not stay in sight, nor in the history. */
function tokenOfLink(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('enrol');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

function Day({ onOpen, onBack }: { onOpen: (id: string) => void; onBack: () => void }) {
  const { lang, t } = useText();
  const ask = useAsk();
  const [cases, setCases] = useState<Calls['issuer.DESK_DAY']['answer']['cases']>();
  const look = useDeed(() => ask('issuer.DESK_DAY', null), (a) => setCases(a.cases));
  useEffect(() => look.run(), []);
  const time = (at: string) => new Date(at).toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Seoul' });
  return <>
    <Heading>{t('desk.day')}</Heading><p class="lead">{t('desk.day-lead')}</p>
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    {cases?.length === 0 && <p>{t('desk.day-none')}</p>}
    <div class="choices">{cases?.map((c) => <button type="button" class="choice one" key={c.case} onClick={() => onOpen(c.case)}>
      <b><span class="number">{time(c.opened)}</span> · {t(`desk.state-${c.state as 'CREATED'}`)}</b><span>{c.clerk} · <span class="number">{c.case.slice(0, 8)}</span>{c.second_phone && ` · ${t('desk.second')}`}</span></button>)}</div>
    <div class="deeds"><button type="button" onClick={() => look.run()}>{t('desk.day-again')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}

const notes: Done[] = ['refused', 'asked', 'still', 'declined', 'stopped'];

function Outcome({ done, onNext }: { done: Done; onNext: () => void }) {
  const { t } = useText();
  return <>
    <Heading>{t(`desk.done-${done}`)}</Heading>
    <div class={`box ${notes.includes(done) ? 'note' : 'good'}`} role="status"><p>{t(`desk.done-${done}-next`)}</p></div>
    <div class="deeds"><button type="button" class="deed" onClick={onNext}>{t('desk.next')}</button></div>
  </>;
}

function Enrol({ token, onDone }: { token: string; onDone: (name: string) => void }) {
  const { t } = useText();
  const { run: make, busy, problem } = useDeed(() => makePasskey(token, t('ui.service')), (a) => onDone(a.user));
  return <>
    <Heading first>{t('desk.enrol')}</Heading><p class="lead">{t('desk.enrol-lead')}</p>
    {problem && <Trouble id="trouble" problem={problem} />}
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => make()}>{t(busy ? 'desk.touch' : 'desk.make')}</button></div>
  </>;
}

function SignIn({ made, was, onDone }: { made: string | undefined; was: Problem | undefined; onDone: (who: Who) => void }) {
  const { t } = useText();
  const { run: enter, busy, problem } = useDeed(signIn, onDone);
  const wrong = problem ?? was;
  return <>
    <Heading first={made === undefined}>{t('desk.sign-in')}</Heading>
    {made !== undefined && !wrong && <div class="box good" role="status"><h2>{t('desk.made', { name: made })}</h2><p>{t('desk.made-next')}</p></div>}
    {wrong && <Trouble id="trouble" problem={wrong} />}
    <p class="lead">{t('desk.sign-in-lead')}</p>
    <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => enter()}>{t(busy ? 'desk.touch' : 'desk.enter')}</button></div>
  </>;
}

type Place = { at: 'find' } | { at: 'person'; person: Person } | { at: 'refuse'; person: Person } | { at: 'photo'; person: Person } | { at: 'asks' } | { at: 'orders' } | { at: 'applications' } | { at: 'case'; running: Running; person?: Person; plastic?: Plastic } | { at: 'done'; done: Done } | { at: 'day' } | { at: 'till' };
const IDLE_MS = 15 * 60_000; // D-420: what stands on a screen that nobody looks at

/* A case is found again by its number, after a reload or in a bookmark of the day's list. */
function placeOfAddress(): Place {
  const id = new URLSearchParams(location.hash.slice(1)).get('case');
  if (id === null) return { at: 'find' };
  const kept = history.state as Running | null;
  return { at: 'case', running: kept?.id === id ? kept : { id } };
}

function Work({ place, go, task, setTask }: { place: Place; go: (p: Place) => void; task: Task; setTask: (t: Task) => void }) {
  const { t } = useText();
  const ask = useAsk(), { who } = useContext(Signed);
  const home = () => go({ at: 'find' });
  const opened = (person: Person, plastic: Plastic) => (o: Opened) =>
    go({ at: 'case', running: { id: o.case, offer: o.credential_offer_uri, fee: { won: o.fee_won, rule: o.fee_rule } }, person, plastic });
  if (place.at === 'day') return <Day onOpen={(id) => go({ at: 'case', running: { id } })} onBack={home} />;
  if (place.at === 'till') return <TheTill onBack={home} />;
  if (place.at === 'orders') return <TheOrders onDone={home} onBack={home} />;
  if (place.at === 'applications') return <Applications onDone={(done) => go({ at: 'done', done })} onBack={home} />;
  if (place.at === 'done') return <Outcome done={place.done} onNext={home} />;
  if (place.at === 'photo') return <AskPhoto person={place.person} onDone={() => go({ at: 'done', done: 'asked' })} onBack={() => go({ at: 'person', person: place.person })} />;
  if (place.at === 'asks') return <Asks onDone={() => go({ at: 'done', done: 'photo' })} onBack={home} />;
  if (place.at === 'refuse') return <Refuse id={place.person.person} desk_case={false} onDone={() => go({ at: 'done', done: 'refused' })} onBack={() => go({ at: 'person', person: place.person })} />;
  if (place.at === 'case') {
    const { person, plastic } = place;
    const again = person && plastic && (async () => {
      const got = await ask('issuer.DESK_OPEN', { person: person.person, route: 'qr', ...plastic });
      if (got.ok) opened(person, plastic)(got.answer);
      return got; // refused: the case that there is goes on, or has ended, as it was
    });
    return <RunningCase running={place.running} onNew={again} onDone={home} key={place.running.id} />;
  }
  if (place.at === 'person') {
    const at = { person: place.person, onBack: home };
    if (task === 'issue') return <Issue {...at} onOpen={(o, p) => opened(place.person, p)(o)} onPhoto={() => go({ at: 'photo', person: place.person })} onRefuse={() => go({ at: 'refuse', person: place.person })} />;
    if (task === 'fee') return <Fee {...at} onDone={home} />;
    if (task === 'order') return <OrderOf {...at} onDone={home} />;
    const done = (d: Done) => go({ at: 'done', done: d });
    if (task === 'takeover') return <Takeover {...at} onDone={done} />;
    return task === 'loss' ? <Loss {...at} onDone={done} /> : <Resume {...at} onDone={done} />;
  }
  return <><Find task={task} onTask={setTask} onFound={(person) => go({ at: 'person', person })} />
    <div class="deeds aside"><CitizenWindow />{who.role === 'supervisor' && <button type="button" onClick={() => go({ at: 'asks' })}>{t('desk.photo-asks')}</button>}
      <button type="button" onClick={() => go({ at: 'orders' })}>{t('desk.orders')}</button><button type="button" onClick={() => go({ at: 'applications' })}>{t('desk.applications')}</button>
      <button type="button" onClick={() => go({ at: 'till' })}>{t('desk.till')}</button><button type="button" onClick={() => go({ at: 'day' })}>{t('desk.day')}</button></div></>;
}

function Desk() {
  const { t } = useText();
  const [token, setToken] = useState(tokenOfLink);
  const [made, setMade] = useState<string>();
  const [who, setWho] = useState<Who | null>();
  const [problem, setProblem] = useState<Problem>();
  const [place, setPlace] = useState<Place>(placeOfAddress);
  const [task, setTask] = useState<Task>('issue');
  const last = useRef<string | undefined>(undefined); // who was here before the screen closed
  const timer = useRef(0);
  const over = (why: Problem) => { last.current = who?.user; setProblem(why); setWho(null); };
  const active = () => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => over({ code: 'JM_STAFF_SESSION' satisfies Code, by: 'P', message: '', trace: '' }), IDLE_MS);
  };
  useEffect(() => {
    void call('issuer.DESK_SESSION', null).then((got) => {
      setWho(got.ok ? got.answer : null);
      if (!got.ok && got.problem.code !== ('JM_STAFF_SESSION' satisfies Code)) setProblem(got.problem);
    });
  }, []);
  const go = (to: Place) => {
    setPlace(to);
    const at = new URL(location.href);
    at.hash = to.at === 'case' ? `case=${to.running.id}` : '';
    history.replaceState(to.at === 'case' ? to.running : null, '', at);
    scrollTo(0, 0);
  };
  const leave = async () => {
    const got = await call('issuer.DESK_SIGN_OUT', {});
    if (!got.ok && got.problem.code !== ('JM_STAFF_SESSION' satisfies Code)) { setProblem(got.problem); return; }
    go({ at: 'find' });
    setProblem(undefined);
    setWho(null);
  };
  if (token !== null) return <Enrol token={token} onDone={(name) => { setMade(name); setToken(null); setWho(null); }} />;
  if (who === undefined) return <p class="lead" role="status">{t('desk.wait')}</p>;
  if (who === null) return <SignIn made={made} was={problem} onDone={(w) => { if (last.current !== undefined && last.current !== w.user) go({ at: 'find' }); setProblem(undefined); setMade(undefined); setWho(w); }} />;
  return <Signed.Provider value={{ who, active, over }}>
    <p class="clerk"><span><b>{who.user}</b> · {t(`desk.role-${who.role as 'clerk' | 'supervisor' | 'agent' | 'operator' | 'auditor'}`)} · <span class="number">{who.centre}</span></span>
      <button type="button" class="plain" onClick={() => void leave()}>{t('desk.sign-out')}</button></p>
    {problem && <Trouble id="trouble" problem={problem} />}
    <Work place={place} go={go} task={task} setTask={setTask} />
  </Signed.Provider>;
}

/* What a clerk reads is about a page, not about commands. */
for (const lang of ['ko', 'en'] as const)
  for (const [name, words] of Object.entries(all[lang].code)) words[1] = all[lang].web[`desk.next-${name}`] ?? words[1];

show(all, 'desk.title', () => (facing !== null ? <Citizen /> : <Desk />));
