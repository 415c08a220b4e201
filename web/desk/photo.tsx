// SPDX-License-Identifier: Apache-2.0
/* The face does not agree with the register's photo (D-208, D-403): a clerk asks, a supervisor takes a fresh one and puts it in its place. */
import type { Calls, Code } from '@contract';
import { useContext, useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { Text } from './field';
import { type Person, useReason, Who } from './find';
import { signIn } from './passkey';
import { Signed, useAsk, useDeed } from './session';

type Ask = Calls['issuer.DESK_PHOTO_ASKS']['answer']['asks'][number];
/* As a card carries it; how large an octet string may be, the issuer says (docs/protocol/desk.md). */
const WIDE = 480, HIGH = 600, OCTETS = 20 * 1024;

export function AskPhoto({ person, onDone, onBack }: { person: Person; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [reason, setReason] = useState('');
  const go = useDeed(() => ask('issuer.DESK_PHOTO_ASK', { reason: reason.trim() }, [person.person]), onDone);
  return <form onSubmit={(e) => { e.preventDefault(); go.run(); }} noValidate>
    <Heading>{t('desk.photo-ask-title')}</Heading><p class="lead">{t('desk.photo-ask-lead')}</p><Who person={person} />
    {go.problem && <Trouble id="trouble" problem={go.problem} />}
    <Text name="why" label={t('desk.photo-ask-why')} hint={t('desk.note-needed')} max={60} value={reason} onInput={setReason} wrong={go.problem && 'trouble'} first />
    <div class="deeds"><button type="submit" class="deed" aria-disabled={go.busy}>{t('desk.photo-ask-do')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

/* The picture's own segments (T.81 B.1.1.3) alone: browsers write a colour profile beside it. */
function bare(base64: string): string {
  const from = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)), kept = [from.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= from.length && from[at + 1] !== 0xda) {
    const marker = from[at + 1]!, end = at + 2 + (from[at + 2]! << 8 | from[at + 3]!);
    if (!(marker > 0xe0 && marker <= 0xef) && marker !== 0xfe) kept.push(from.subarray(at, end));
    at = end;
  }
  kept.push(from.subarray(at));
  return btoa(kept.map((part) => part.reduce((text, octet) => text + String.fromCharCode(octet), '')).join(''));
}

/* The middle of the picture, upright, drawn anew: what a camera wrote beside it stays behind. */
async function portrait(file: Blob): Promise<string | undefined> {
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return undefined;
  const canvas = document.createElement('canvas'), scale = Math.max(WIDE / picture.width, HIGH / picture.height);
  [canvas.width, canvas.height] = [WIDE, HIGH];
  const ink = canvas.getContext('2d')!;
  ink.fillStyle = '#fff';
  ink.fillRect(0, 0, WIDE, HIGH);
  ink.drawImage(picture, (WIDE - picture.width * scale) / 2, (HIGH - picture.height * scale) / 2, picture.width * scale, picture.height * scale);
  for (let quality = 0.9; quality > 0.2; quality -= 0.1) {
    const base64 = bare(canvas.toDataURL('image/jpeg', quality).split(',')[1]!);
    if (base64.length * 3 / 4 <= OCTETS) return base64;
  }
  return undefined;
}

function Grant({ one, onDone, onBack }: { one: Ask; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const { who } = useContext(Signed);
  const ask = useAsk(), reasonOf = useReason();
  const [person, setPerson] = useState<Person>();
  const [photo, setPhoto] = useState<string>();
  const [reason, setReason] = useState('');
  const look = useDeed(() => ask('issuer.DESK_FIND', { reason: reasonOf('photo'), ask: one.ask }), (a) => setPerson(a.found[0]));
  useEffect(() => look.run(), []);
  const take = useDeed(async (file: Blob) => {
    const made = await portrait(file);
    return made ? { ok: true, answer: made } as const : { ok: false, problem: { code: 'JM_REGISTER_PHOTO_FORM' satisfies Code, by: 'P', message: '', trace: '' } } as const;
  }, setPhoto);
  const url = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const send = () => ask('issuer.DESK_PHOTO_GRANT', { photo: url(photo ?? ''), reason: reason.trim() }, [one.ask]);
  /* Proven within the last minutes, or proven now; another's passkey is another's session: all of the page is theirs. */
  const grant = useDeed(async () => {
    const got = await send();
    if (got.ok || got.problem.code !== ('JM_STAFF_STEP_UP' satisfies Code)) return got;
    const proven = await signIn();
    if (!proven.ok) return proven;
    if (proven.answer.user !== who.user) { location.reload(); return undefined; }
    return send();
  }, onDone);
  const problem = grant.problem ?? take.problem ?? look.problem;
  return <form onSubmit={(e) => { e.preventDefault(); grant.run(); }} noValidate>
    <Heading>{t('desk.photo-grant')}</Heading><p class="lead">{t('desk.photo-grant-lead')}</p>
    <div class="beside">{person && <Who person={person} />}
      {photo && <figure class="photo"><img alt={t('desk.photo-new')} src={`data:image/jpeg;base64,${photo}`} /><figcaption>{t('desk.photo-new')}</figcaption></figure>}</div>
    <div class="box note"><h2>{t('desk.photo-asked-by', { clerk: one.clerk })}</h2><p>{one.reason}</p></div>
    {problem && <Trouble id="trouble" problem={problem} />}
    <div class="field"><label for="photo">{t('desk.photo-take')}</label><small id="photo-hint">{t('desk.photo-take-hint')}</small>
      <input type="file" id="photo" name="photo" class="plain-text" accept="image/*" capture="user" aria-describedby="photo-hint" onChange={(e) => { const [file] = e.currentTarget.files ?? []; if (file) take.run(file); }} /></div>
    <Text name="why" label={t('desk.photo-grant-why')} hint={t('desk.note-needed')} max={60} value={reason} onInput={setReason} wrong={problem && 'trouble'} />
    <div class="deeds"><button type="submit" class="deed" aria-disabled={grant.busy || !photo}>{t('desk.photo-grant-do')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

/** What colleagues ask for, for a supervisor. */
export function Asks({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const { lang, t } = useText();
  const ask = useAsk();
  const [asks, setAsks] = useState<Ask[]>();
  const [one, setOne] = useState<Ask>();
  const look = useDeed(() => ask('issuer.DESK_PHOTO_ASKS', null), (a) => setAsks(a.asks.filter((x) => !x.by)));
  useEffect(() => look.run(), []);
  const time = (at: string) => new Date(at).toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Seoul' });
  if (one) return <Grant one={one} onDone={onDone} onBack={() => setOne(undefined)} />;
  return <>
    <Heading>{t('desk.photo-asks')}</Heading><p class="lead">{t('desk.photo-asks-lead')}</p>
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    {asks?.length === 0 && <p>{t('desk.photo-asks-none')}</p>}
    <div class="choices">{asks?.map((a) => <button type="button" class="choice one" key={a.ask} onClick={() => setOne(a)}><b><span class="number">{time(a.at)}</span> · {a.clerk}</b><span>{a.reason}</span></button>)}</div>
    <div class="deeds"><button type="button" onClick={() => look.run()}>{t('desk.day-again')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}
