// SPDX-License-Identifier: Apache-2.0
/* What comes from afar and wants a word at a desk: applications that wait, and another phone that wants a card (D-223). */
import type { Calls } from '@contract';
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { Text, Tick } from './field';
import { type Person, useReason, Who } from './find';
import { type Done, Photo, unticked } from './person';
import { useAsk, useDeed } from './session';

type Application = Calls['issuer.DESK_APPLICATIONS']['answer']['applications'][number];
type Asked = Calls['issuer.DESK_TAKEOVER']['answer'];

function useWhen() {
  const { lang } = useText();
  return (at: string) => new Date(at).toLocaleString(lang, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Seoul' });
}

function useCard() {
  const { lang, all } = useText();
  return (type: string) => all[lang].web[`desk.application-card-${type}`] ?? type; // one by a file alone has its name only
}

function Decide({ one, onDone, onBack }: { one: Application; onDone: (d: Done) => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), reasonOf = useReason(), when = useWhen(), card = useCard();
  const [person, setPerson] = useState<Person>();
  const [reason, setReason] = useState('');
  const look = useDeed(() => ask('issuer.DESK_FIND', { reason: reasonOf('application'), application: one.case }), (a) => setPerson(a.found[0]));
  useEffect(() => look.run(), []);
  const decide = useDeed(async (decision: 'yes' | 'no') => {
    const got = await ask('issuer.DESK_DECIDE', { decision, reason: reason.trim() }, [one.case]);
    return got.ok ? { ok: true, answer: decision } as const : got;
  }, (d) => onDone(d === 'yes' ? 'granted' : 'declined'));
  const problem = decide.problem ?? look.problem;
  return <form onSubmit={(e) => e.preventDefault()} noValidate>
    <Heading>{t('desk.application')}</Heading><p class="lead">{t('desk.application-lead')}</p>
    <div class="beside">{person && <><Who person={person} /><Photo person={person} task="application" /></>}</div>
    <dl class="person">
      <div><dt>{t('desk.application-what')}</dt><dd>{card(one.card)}</dd></div>
      <div><dt>{t('desk.order-number')}</dt><dd class="number">{one.case.slice(0, 8)}</dd></div>
      <div><dt>{t('desk.application-at')}</dt><dd>{when(one.at)}</dd></div>
      <div><dt>{t('desk.application-until')}</dt><dd>{when(one.until)}</dd></div>
    </dl>
    {problem && <Trouble id="trouble" problem={problem} />}
    <Text name="why" label={t('desk.application-why')} hint={t('desk.note-needed')} max={60} value={reason} onInput={setReason} wrong={decide.problem && 'trouble'} />
    <div class="deeds">
      <button type="button" class="deed" aria-disabled={decide.busy || !person} onClick={() => person && decide.run('yes')}>{t('desk.application-yes')}</button>
      <button type="button" class="deed bad" aria-disabled={decide.busy || !person} onClick={() => person && decide.run('no')}>{t('desk.application-no')}</button>
      <button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button>
    </div>
  </form>;
}

/** Nothing of a person stands in the list: who it is, is looked at one by one, and written down. */
export function Applications({ onDone, onBack }: { onDone: (d: Done) => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), when = useWhen(), card = useCard();
  const [list, setList] = useState<Application[]>();
  const [one, setOne] = useState<Application>();
  const look = useDeed(() => ask('issuer.DESK_APPLICATIONS', null), (a) => setList(a.applications));
  useEffect(() => look.run(), []);
  if (one) return <Decide one={one} onDone={onDone} onBack={() => { setOne(undefined); look.run(); }} />;
  return <>
    <Heading>{t('desk.applications')}</Heading><p class="lead">{t('desk.applications-lead')}</p>
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    {list?.length === 0 && <p role="status">{t('desk.applications-none')}</p>}
    <div class="choices">{list?.map((a) => <button type="button" class="choice one" key={a.case} onClick={() => setOne(a)}>
      <b>{card(a.card)} · <span class="number">{a.case.slice(0, 8)}</span></b><span>{when(a.at)}</span></button>)}</div>
    <div class="deeds"><button type="button" onClick={() => look.run()}>{t('desk.day-again')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}

/** Another phone wants this person's card: a word of theirs, once the clerk has seen them. */
export function Takeover({ person, onDone, onBack }: { person: Person; onDone: (d: Done) => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), when = useWhen();
  const [asked, setAsked] = useState<Asked>();
  const [same, setSame] = useState(false);
  const look = useDeed(() => ask('issuer.DESK_TAKEOVER', {}, [person.person]), setAsked);
  useEffect(() => look.run(), []);
  const say = useDeed(async (decision: 'yes' | 'no') => {
    if (!same) return unticked('not-seen');
    const got = await ask('issuer.DESK_TAKEOVER', { decision }, [person.person]);
    return got.ok ? { ok: true, answer: decision } as const : got;
  }, (d) => onDone(d === 'yes' ? 'let' : 'stopped'));
  const back = <button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button>;
  if (!asked || Date.parse(asked.at) === 0)
    return <div key={asked ? 'none' : 'wait'}>
      <Heading>{t(asked ? 'desk.takeover-none' : 'desk.task-takeover')}</Heading><Who person={person} />
      {look.problem ? <Trouble id="trouble" problem={look.problem} /> : <p class="box note" role="status">{t(asked ? 'desk.takeover-none-next' : 'desk.wait')}</p>}
      <div class="deeds">{back}</div>
    </div>;
  return <form onSubmit={(e) => e.preventDefault()} noValidate key="asked">
    <Heading>{t('desk.takeover')}</Heading><p class="lead">{t('desk.takeover-lead')}</p>
    <div class="beside"><Who person={person} /><Photo person={person} task="takeover" /></div>
    <dl class="person"><div><dt>{t('desk.takeover-at')}</dt><dd>{when(asked.at)}</dd></div>
      {asked.waiting && <div><dt>{t('desk.takeover-until')}</dt><dd>{when(asked.until)}</dd></div>}</dl>
    {!asked.waiting && <p class="box note">{t('desk.takeover-said')}</p>}
    {say.problem && <Trouble id="trouble" problem={say.problem} />}
    <Tick name="same" label={t('desk.takeover-same')} value={same} onInput={setSame} />
    <div class="deeds">
      <button type="button" class="deed" aria-disabled={say.busy} onClick={() => say.run('yes')}>{t('desk.takeover-yes')}</button>
      <button type="button" class="deed bad" aria-disabled={say.busy} onClick={() => say.run('no')}>{t('desk.takeover-no')}</button>
      {back}
    </div>
  </form>;
}
