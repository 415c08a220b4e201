// SPDX-License-Identifier: Apache-2.0
/* Fees of plastic cards (D-070, D-407): what it costs, that it was paid, given back; and the till. The amount is the issuer's word, never typed. */
import type { Calls } from '@contract';
import { useContext, useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { Text, Tick } from './field';
import { type Person, Who } from './find';
import { Signed, useAsk, useDeed } from './session';

type Price = Calls['issuer.DESK_FEE_PRICE']['answer'];
type Till = Calls['issuer.DESK_TILL']['answer'];
type Receipt = Till['receipts'][number];
const actions = ['replace', 'first'] as const;
export const kinds = ['ic', 'plain', 'braille'] as const, methods = ['cash', 'card'] as const;
export const reasons = ['lost', 'name_changed', 'birth_or_sex_changed', 'natural_wear', 'annotation_full', 'return_from_emigration', 'disaster', 'authority_mistake', 'chip_defect'] as const;

export function useWon() {
  const { lang, t } = useText();
  return (won: number) => t('desk.won', { won: won.toLocaleString(lang) });
}

export function Choice<T extends string>({ name, of, value, onChange }: { name: 'action' | 'kind'; of: readonly T[]; value: T; onChange: (v: T) => void }) {
  const { t } = useText();
  return <fieldset class="tasks"><legend>{t(`desk.fee-${name}`)}</legend>
    {of.map((v) => <label key={v}><input type="radio" name={name} value={v} checked={value === v} onChange={() => onChange(v)} /><span>{t(`desk.fee-${v as 'ic'}`)}</span></label>)}</fieldset>;
}

/* Why plastic is replaced. */
export function Why({ value, onChange }: { value: typeof reasons[number]; onChange: (r: typeof reasons[number]) => void }) {
  const { t } = useText();
  return <div class="field"><label for="reason">{t('desk.fee-reason')}</label>
    <select id="reason" name="reason" value={value} onChange={(e) => onChange(e.currentTarget.value as typeof value)}>{reasons.map((r) => <option key={r} value={r}>{t(`desk.reason-${r}`)}</option>)}</select></div>;
}

export function Fee({ person, onDone, onBack }: { person: Person; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), won = useWon();
  const [action, setAction] = useState<typeof actions[number]>('replace');
  const [kind, setKind] = useState<typeof kinds[number]>('ic');
  const [reason, setReason] = useState<typeof reasons[number]>('lost');
  const [relief, setRelief] = useState(false);
  const [price, setPrice] = useState<Price>();
  const [receipt] = useState(() => crypto.randomUUID().replaceAll('-', '')); // sent again it is the same one
  const [taken, setTaken] = useState<Receipt>();
  const what = { person: person.person, action, kind, ...(action === 'replace' && { reason }), relief };
  const look = useDeed(() => ask('issuer.DESK_FEE_PRICE', what), setPrice);
  const take = useDeed((method: string) => ask('issuer.DESK_FEE', { ...what, receipt, won: price!.won, ...(method && { method }) }), setTaken);
  if (taken)
    return <>
      <Heading>{t(taken.won === 0 ? 'desk.fee-free-done' : 'desk.fee-done')}</Heading>
      <div class="box good" role="status"><p>{won(taken.won)} · {t('desk.fee-rule', { rule: taken.rule })} · {t(`desk.method-${taken.method as 'cash'}`)}</p><p class="receipt">{t('desk.fee-receipt')} {taken.receipt.slice(0, 8)}</p></div>
      <div class="deeds"><button type="button" class="deed" onClick={onDone}>{t('desk.next')}</button></div>
    </>;
  if (price)
    return <div key="price">
      <Heading>{t(price.won === 0 ? 'desk.fee-free' : 'desk.fee-due', { won: won(price.won) })}</Heading>
      <p class="lead">{t('desk.fee-rule', { rule: price.rule })}{price.chip_won > 0 && ` · ${t('desk.fee-parts', { card: won(price.card_won), chip: won(price.chip_won) })}`}</p>
      {take.problem && <Trouble id="trouble" problem={take.problem} />}
      <div class="deeds">
        {price.won === 0 ? <button type="button" class="deed" aria-disabled={take.busy} onClick={() => take.run('')}>{t('desk.fee-note')}</button>
          : methods.map((m) => <button type="button" class="deed" key={m} aria-disabled={take.busy} onClick={() => take.run(m)}>{t(`desk.fee-by-${m}`)}</button>)}
        <button type="button" class="plain" onClick={() => { setPrice(undefined); take.setProblem(undefined); }}>{t('ui.back')}</button>
      </div>
    </div>;
  return <form onSubmit={(e) => { e.preventDefault(); look.run(); }} noValidate>
    <Heading first>{t('desk.fee-title')}</Heading><Who person={person} />
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    <Choice name="action" of={actions} value={action} onChange={setAction} />
    <Choice name="kind" of={kinds} value={kind} onChange={setKind} />
    {action === 'replace' && <Why value={reason} onChange={setReason} />}
    {action === 'replace' && <Tick name="relief" label={t('desk.fee-relief')} value={relief} onInput={setRelief} />}
    <div class="deeds"><button type="submit" class="deed" aria-disabled={look.busy}>{t('desk.fee-look')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

function Back({ receipt, onDone, onBack }: { receipt: Receipt; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), won = useWon();
  const [reason, setReason] = useState('');
  const give = useDeed(() => ask('issuer.DESK_FEE_VOID', { reason: reason.trim() }, [receipt.receipt]), onDone);
  return <form onSubmit={(e) => { e.preventDefault(); give.run(); }} noValidate>
    <Heading>{t('desk.void', { won: won(receipt.won) })}</Heading><p class="lead">{t('desk.void-lead')}</p>
    {give.problem && <Trouble id="trouble" problem={give.problem} />}
    <Text name="why" label={t('desk.void-why')} hint={t('desk.note-needed')} max={60} value={reason} onInput={setReason} wrong={give.problem && 'trouble'} first />
    <div class="deeds"><button type="submit" class="deed bad" aria-disabled={give.busy}>{t('desk.void-do')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

export function TheTill({ onBack }: { onBack: () => void }) {
  const { lang, t } = useText();
  const { who } = useContext(Signed);
  const ask = useAsk(), won = useWon();
  const [till, setTill] = useState<Till>();
  const [one, setOne] = useState<Receipt>();
  const look = useDeed(() => ask('issuer.DESK_TILL', null), setTill);
  useEffect(() => look.run(), []);
  const time = (at: string) => new Date(at).toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Seoul' });
  if (one) return <Back receipt={one} onDone={() => { setOne(undefined); look.run(); }} onBack={() => setOne(undefined)} />;
  const row = (r: Receipt) => <><b><span class="number">{time(r.at)}</span> · {won(r.won)}</b>
    <span>{t('desk.fee-rule', { rule: r.rule })} · {t(`desk.method-${r.method as 'cash'}`)} · {r.clerk} · <span class="number">{r.receipt.slice(0, 8)}</span>{r.voided ? ` · ${t('desk.voided')}` : r.voids ? ` · ${t('desk.voids', { receipt: r.voids.slice(0, 8) })}` : ''}</span></>;
  /* Whose role it is may give back; whether it still may be, the issuer says. */
  const mayVoid = (r: Receipt) => who.role === 'supervisor' && r.won > 0 && !r.voided;
  return <>
    <Heading>{t('desk.till')}</Heading><p class="lead">{t(who.role === 'clerk' ? 'desk.till-own' : 'desk.till-centre')}</p>
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    {till && <dl class="person total"><div><dt>{t('desk.till-sum')}</dt><dd>{won(till.won)}</dd></div>
      <div><dt>{t('desk.method-cash')}</dt><dd>{won(till.cash_won)}</dd></div><div><dt>{t('desk.method-card')}</dt><dd>{won(till.card_won)}</dd></div></dl>}
    {till?.receipts.length === 0 && <p>{t('desk.till-none')}</p>}
    <div class="choices">{till?.receipts.map((r) => (mayVoid(r) ? <button type="button" class="choice one" key={r.receipt} onClick={() => setOne(r)}>{row(r)}</button> : <div class="choice one flat" key={r.receipt}>{row(r)}</div>))}</div>
    <div class="deeds"><button type="button" onClick={() => look.run()}>{t('desk.day-again')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}
