// SPDX-License-Identifier: Apache-2.0
/* Who is there, and what for (D-400): by number, or by name and birth date; masked, and never without a reason. */
import type { Calls } from '@contract';
import { useContext, useState } from 'preact/hooks';
import { Spoken, useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { dateOf, Text } from './field';
import { useAsk, useDeed } from './session';

export type Person = Calls['issuer.DESK_FIND']['answer']['found'][number];
export const tasks = ['issue', 'loss', 'resume', 'fee', 'order', 'takeover'] as const;
export type Task = typeof tasks[number];
/** Why somebody is looked at. */
export type Reason = Task | 'reporter' | 'photo' | 'taker' | 'application';

/* The audit is in Korean, whatever the clerk reads. */
export function useReason() {
  const { all } = useContext(Spoken);
  return (task: Reason) => all.ko.web[`desk.task-${task}`] ?? task;
}

export function Who({ person }: { person: Person }) {
  const { t } = useText();
  return <dl class="person">
    <div><dt>{t('desk.name')}</dt><dd>{person.name}</dd></div>
    <div><dt>{t('desk.rrn')}</dt><dd class="number">{person.number ?? '—'}</dd></div>
    <div><dt>{t('desk.birth')}</dt><dd class="number">{person.birth_date}</dd></div>
  </dl>;
}

export function Find({ task, onTask, onFound }: { task: Task; onTask: (t: Task) => void; onFound: (p: Person) => void }) {
  const { t } = useText();
  const ask = useAsk(), reason = useReason();
  const [byName, setByName] = useState(false);
  const [rrn, setRrn] = useState('');
  const [name, setName] = useState('');
  const [birth, setBirth] = useState('');
  const [many, setMany] = useState<Person[]>();
  const find = useDeed(
    () => ask('issuer.DESK_FIND', { reason: reason(task), ...(byName ? { name: name.trim(), birth_date: dateOf(birth) } : { rrn: rrn.trim() }) }),
    ({ found }) => { if (found.length === 1 && found[0]) onFound(found[0]); else setMany(found); });
  const wrong = find.problem && 'trouble';
  if (many)
    return <>
      <Heading>{t('desk.which')}</Heading>
      <div class="choices">{many.map((p) => <button type="button" class="choice one" key={p.person} onClick={() => onFound(p)}><b>{p.name}</b><span class="number">{p.number} · {p.birth_date}</span></button>)}</div>
      <div class="deeds"><button type="button" onClick={() => setMany(undefined)}>{t('ui.back')}</button></div>
    </>;
  return <form onSubmit={(e) => { e.preventDefault(); find.run(); }} noValidate>
    <Heading first>{t('desk.find')}</Heading>
    {find.problem && <Trouble id="trouble" problem={find.problem} />}
    <fieldset class="tasks pairs"><legend>{t('desk.task')}</legend>
      {tasks.map((k) => <label key={k}><input type="radio" name="task" value={k} checked={task === k} onChange={() => onTask(k)} /><span>{t(`desk.task-${k}`)}</span></label>)}</fieldset>
    {byName
      ? <><Text name="name" label={t('desk.name')} hint={t('desk.name-hint')} max={60} value={name} onInput={setName} wrong={wrong} />
        <Text name="birth" label={t('desk.birth')} hint={t('desk.date-hint')} max={10} digits value={birth} onInput={setBirth} wrong={wrong} /></>
      : <Text name="rrn" label={t('desk.rrn')} hint={t('desk.rrn-hint')} max={14} digits first secret value={rrn} onInput={setRrn} wrong={wrong} />}
    <div class="deeds">
      <button type="submit" class="deed" aria-disabled={find.busy}>{t('desk.find-do')}</button>
      <button type="button" class="plain" onClick={() => { setByName(!byName); find.setProblem(undefined); }}>{t(byName ? 'desk.by-number' : 'desk.by-name')}</button>
    </div>
  </form>;
}
