// SPDX-License-Identifier: Apache-2.0
/* A person who stands there: issue to them, or not; pause, end, open again (D-201, D-271, D-405). */
import type { Calls, Code } from '@contract';
import { useContext, useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import type { Problem } from '../ui/call';
import { dateOf, Text, Tick } from './field';
import { type Person, type Reason, useReason, Who } from './find';
import { signIn } from './passkey';
import { Signed, useAsk, useDeed } from './session';

export type Opened = Calls['issuer.DESK_OPEN']['answer'];
/** What was typed from the plastic in hand: kept for another QR of the same visit, and no longer. */
export interface Plastic { issue_date: string; authority: string }
interface At { person: Person; onBack: () => void }

/* The register's photo, to compare: shown to a clerk, and to a supervisor who was just proven; who looked is written down (D-401). */
export function Photo({ person, task }: { person: Pick<Person, 'person'>; task: Reason }) {
  const { t, code } = useText();
  const { who } = useContext(Signed);
  const ask = useAsk(), reason = useReason();
  const [photo, setPhoto] = useState<Calls['issuer.DESK_PHOTO']['answer']>();
  const look = useDeed(() => ask('issuer.DESK_PHOTO', { reason: reason(task) }, [person.person]), setPhoto);
  /* another's passkey is another's session: all of the page is theirs */
  const prove = useDeed(signIn, (w) => { if (w.user === who.user) look.run(); else location.reload(); });
  useEffect(() => look.run(), []);
  if (photo)
    return <figure class="photo"><img alt={t('desk.photo')} src={`data:image/jpeg;base64,${photo.photo.replaceAll('-', '+').replaceAll('_', '/')}`} />
      <figcaption>{t('desk.photo-taken', { date: photo.taken_on })}</figcaption></figure>;
  const wrong = prove.problem ?? look.problem;
  if (!wrong) return null;
  if (wrong.code === ('JM_STAFF_STEP_UP' satisfies Code) || prove.problem) return <button type="button" class="photo" aria-disabled={prove.busy} onClick={() => prove.run()}>{t('desk.photo-prove')}</button>;
  return <p class="box note photo" role="status">{code(wrong.code)?.[0] ?? t('desk.no-photo')}</p>; // and the field keeps the focus
}

function PlasticFields({ value, onInput, wrong }: { value: Plastic; onInput: (p: Plastic) => void; wrong: string | undefined }) {
  const { t } = useText();
  return <>
    <Text name="issue-date" label={t('desk.issue-date')} hint={t('desk.date-hint')} max={10} digits first value={value.issue_date} onInput={(issue_date) => onInput({ ...value, issue_date })} wrong={wrong} />
    <Text name="authority" label={t('desk.authority')} hint={t('desk.authority-hint')} max={40} value={value.authority} onInput={(authority) => onInput({ ...value, authority })} wrong={wrong} />
  </>;
}

const typed = (p: Plastic): Plastic => ({ issue_date: dateOf(p.issue_date), authority: p.authority.trim() });
const wrongFields = (p: Problem | undefined) => (p && p.code !== 'not-compared' ? 'trouble' : undefined);
export const unticked = (code = 'not-compared'): { ok: false; problem: Problem } => ({ ok: false, problem: { code, by: 'P', message: '', trace: '' } });

export function Issue({ person, onOpen, onPhoto, onRefuse, onBack }: At & { onOpen: (o: Opened, p: Plastic) => void; onPhoto: () => void; onRefuse: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [plastic, setPlastic] = useState<Plastic>({ issue_date: '', authority: '' });
  const [same, setSame] = useState(false);
  const open = useDeed(async () => (same ? ask('issuer.DESK_OPEN', { person: person.person, route: 'qr', ...typed(plastic) }) : unticked()), (o) => onOpen(o, typed(plastic)));
  return <form onSubmit={(e) => { e.preventDefault(); open.run(); }} noValidate>
    <Heading first>{t('desk.issue')}</Heading>
    <div class="beside"><Who person={person} /><Photo person={person} task="issue" /></div>
    {open.problem && <Trouble id="trouble" problem={open.problem} />}
    <PlasticFields value={plastic} onInput={setPlastic} wrong={wrongFields(open.problem)} />
    <Tick name="same" label={t('desk.same')} value={same} onInput={setSame} />
    <div class="deeds">
      <button type="submit" class="deed" aria-disabled={open.busy}>{t('desk.open')}</button>
      <button type="button" onClick={onRefuse}>{t('desk.refuse')}</button>
      <button type="button" onClick={onPhoto}>{t('desk.photo-differs')}</button>
      <button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button>
    </div>
  </form>;
}

const reasons = ['PHOTO_MISMATCH', 'PLASTIC_DOUBT', 'OTHER'] as const;

/** @param desk_case of a running case; else of the person */
export function Refuse({ id, desk_case, onDone, onBack }: { id: string; desk_case: boolean; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [reason, setReason] = useState<typeof reasons[number]>('PHOTO_MISMATCH');
  const [note, setNote] = useState('');
  const refuse = useDeed(() => ask(desk_case ? 'issuer.DESK_REFUSE_CASE' : 'issuer.DESK_REFUSE', { reason, ...(note.trim() && { note: note.trim() }) }, [id]), onDone);
  return <form onSubmit={(e) => { e.preventDefault(); refuse.run(); }} noValidate>
    <Heading>{t('desk.refuse-title')}</Heading><p class="lead">{t('desk.refuse-lead')}</p>
    {refuse.problem && <Trouble id="trouble" problem={refuse.problem} />}
    <fieldset class="tasks column"><legend>{t('desk.refuse-why')}</legend>
      {reasons.map((r) => <label key={r}><input type="radio" name="why" value={r} checked={reason === r} onChange={() => setReason(r)} /><span>{t(`desk.refuse-${r}`)}</span></label>)}</fieldset>
    <Text name="note" label={t('desk.note')} hint={t(reason === 'OTHER' ? 'desk.note-needed' : 'desk.note-hint')} max={60} value={note} onInput={setNote} wrong={refuse.problem && 'trouble'} />
    <div class="deeds"><button type="submit" class="deed bad" aria-disabled={refuse.busy}>{t('desk.refuse-do')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

export type Done = 'refused' | 'asked' | 'photo' | 'suspended' | 'revoked' | 'resumed' | 'still' | 'granted' | 'declined' | 'let' | 'stopped';
const things = ['phone', 'plastic'] as const;

/* D-271: in plain words what pauses, and what stops for good. */
export function Loss({ person, onDone, onBack }: At & { onDone: (d: Done) => void }) {
  const { t } = useText();
  const ask = useAsk(), reason = useReason();
  const [what, setWhat] = useState<typeof things[number]>();
  const [other, setOther] = useState(false);
  const [rrn, setRrn] = useState('');
  /* D-002: a relative may report; who it was is written down, and nobody issues to whom they reported for. */
  const reporter = async () => {
    if (!other) return { ok: true, answer: {} } as const;
    const got = await ask('issuer.DESK_FIND', { reason: reason('reporter'), rrn: rrn.trim() });
    return got.ok ? { ok: true, answer: { reporter: got.answer.found[0]?.person ?? '' } } as const : got;
  };
  const report = useDeed(async () => {
    const by = await reporter();
    return by.ok ? ask(what === 'plastic' ? 'issuer.DESK_PLASTIC_LOST' : 'issuer.DESK_SUSPEND', by.answer, [person.person]) : by;
  }, () => onDone(what === 'plastic' ? 'revoked' : 'suspended'));
  if (!what)
    return <>
      <Heading first>{t('desk.loss')}</Heading><Who person={person} />
      <div class="choices">{things.map((w) => <button type="button" class={`choice one ${w}`} key={w} onClick={() => setWhat(w)}><b>{t(`desk.loss-${w}`)}</b><span>{t(`desk.loss-${w}-effect`)}</span></button>)}</div>
      <div class="deeds"><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
    </>;
  return <form onSubmit={(e) => { e.preventDefault(); report.run(); }} noValidate key={what}>
    <Heading>{t(`desk.loss-${what}-title`)}</Heading><Who person={person} />
    <div class={`box ${what === 'plastic' ? 'bad' : 'note'}`}><h2>{t(`desk.loss-${what}-effect`)}</h2><p>{t(`desk.loss-${what}-means`)}</p></div>
    {report.problem && <Trouble id="trouble" problem={report.problem} />}
    <Tick name="other" label={t('desk.other')} value={other} onInput={setOther} />
    {other && <Text name="reporter" label={t('desk.reporter')} hint={t('desk.rrn-hint')} max={14} digits secret first value={rrn} onInput={setRrn} wrong={report.problem && 'trouble'} />}
    <div class="deeds"><button type="submit" class={`deed ${what === 'plastic' ? 'bad' : ''}`} aria-disabled={report.busy}>{t(`desk.loss-${what}-do`)}</button>
      <button type="button" class="plain" onClick={() => { setWhat(undefined); report.setProblem(undefined); }}>{t('ui.back')}</button></div>
  </form>;
}

export function Resume({ person, onDone, onBack }: At & { onDone: (d: Done) => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [plastic, setPlastic] = useState<Plastic>({ issue_date: '', authority: '' });
  const [same, setSame] = useState(false);
  const resume = useDeed(async () => (same ? ask('issuer.DESK_RESUME', typed(plastic), [person.person]) : unticked()), (a) => onDone(a.state === 'ACTIVE' ? 'resumed' : 'still'));
  return <form onSubmit={(e) => { e.preventDefault(); resume.run(); }} noValidate>
    <Heading first>{t('desk.resume')}</Heading><div class="beside"><Who person={person} /><Photo person={person} task="resume" /></div>
    {resume.problem && <Trouble id="trouble" problem={resume.problem} />}
    <PlasticFields value={plastic} onInput={setPlastic} wrong={wrongFields(resume.problem)} />
    <Tick name="same" label={t('desk.same')} value={same} onInput={setSame} />
    <div class="deeds"><button type="submit" class="deed" aria-disabled={resume.busy}>{t('desk.resume-do')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}
