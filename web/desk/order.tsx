// SPDX-License-Identifier: Apache-2.0
/* Plastic on order (D-023, D-024, D-101, D-102): ordered and paid for by rule, cancelled, handed over for the old one. */
import type { Calls } from '@contract';
import { useContext, useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import { Choice, kinds, methods, reasons, useWon, Why } from './fee';
import { Text, Tick } from './field';
import { type Person, useReason, Who } from './find';
import { Photo, unticked } from './person';
import { Signed, useAsk, useDeed } from './session';

type Price = Calls['issuer.DESK_ORDER_PRICE']['answer'];
type Orders = Calls['issuer.DESK_ORDERS']['answer']['orders'];
type Order = Orders[number];
type Method = typeof methods[number];
/** What became of one, and what there is to say of it. */
type Ended = { how: 'collected'; order: Order } | { how: 'cancelled'; refunded: number };
const LIST_MAX = 100; // docs/protocol/desk.md
const waits = ['READY', 'PRODUCING', 'ORDERED'] as const;

/* The rule in words; one that is new, by its number alone. */
function useRule() {
  const { lang, all } = useText();
  return (rule: string) => { const words = all[lang].web[`desk.rule-${rule}`]; return words ? `${rule}: ${words}` : rule; };
}

const useDay = () => { const { lang } = useText(); return (at: string) => new Date(at).toLocaleDateString(lang, { timeZone: 'Asia/Seoul' }); };

function Facts({ order }: { order: Order }) {
  const { t } = useText();
  const won = useWon(), rule = useRule(), day = useDay();
  return <dl class="person order">
    <div><dt>{t('desk.name')}</dt><dd>{order.name}</dd></div>
    <div><dt>{t('desk.fee-kind')}</dt><dd>{t(`desk.fee-${order.kind as 'ic'}`)}</dd></div>
    <div><dt>{t('desk.order-state')}</dt><dd>{t(`desk.order-state-${order.state as 'READY'}`)}</dd></div>
    <div><dt>{t('desk.order-since')}</dt><dd class="number">{day(order.since)}</dd></div>
    <div><dt>{t('desk.order-fee')}</dt><dd>{t(order.paid ? 'desk.order-paid' : 'desk.order-unpaid', { won: won(order.won) })}</dd></div>
    <div><dt>{t('desk.order-rule')}</dt><dd>{rule(order.rule)}</dd></div>
    <div><dt>{t('desk.order-channel')}</dt><dd>{t(`desk.order-${order.channel as 'desk'}`)}</dd></div>
    <div><dt>{t('desk.order-number')}</dt><dd class="number">{order.order.slice(0, 8)}</dd></div>
    <div><dt>{t('desk.order-serial')}</dt><dd class="number">{order.serial}</dd></div>
  </dl>;
}

function Cancel({ order, onDone, onBack }: { order: Order; onDone: (refunded: number) => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [reason, setReason] = useState('');
  const cancel = useDeed(() => ask('issuer.DESK_ORDER_CANCEL', { reason: reason.trim() }, [order.order]), (a) => onDone(a.refunded_won));
  return <form onSubmit={(e) => { e.preventDefault(); cancel.run(); }} noValidate>
    <Heading>{t('desk.order-cancel-title')}</Heading><p class="lead">{t('desk.order-cancel-lead')}</p><Facts order={order} />
    {cancel.problem && <Trouble id="trouble" problem={cancel.problem} />}
    <Text name="why" label={t('desk.order-cancel-why')} hint={t('desk.note-needed')} max={60} value={reason} onInput={setReason} wrong={cancel.problem && 'trouble'} first />
    <div class="deeds"><button type="submit" class="deed bad" aria-disabled={cancel.busy}>{t('desk.order-cancel')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

const takers = ['person', 'relative'] as const;

/* D-102: to the person, or to a relative who proves it; what was ordered online to the person alone. The old card stays here. */
function HandOver({ order, onDone, onBack }: { order: Order; onDone: (o: Order) => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), reasonOf = useReason(), won = useWon();
  const [taker, setTaker] = useState<typeof takers[number]>('person');
  const [rrn, setRrn] = useState('');
  const [proof, setProof] = useState('');
  const [withdrawn, setWithdrawn] = useState(false);
  const online = order.channel === 'online';
  const relative = async () => {
    if (taker === 'person') return { ok: true, answer: {} } as const;
    const got = await ask('issuer.DESK_FIND', { reason: reasonOf('taker'), rrn: rrn.trim() });
    return got.ok ? { ok: true, answer: { taker: got.answer.found[0]?.person ?? '', proof: proof.trim() } } as const : got;
  };
  const give = useDeed(async (method?: Method) => {
    if (!withdrawn) return unticked('not-withdrawn');
    const by = await relative();
    return by.ok ? ask('issuer.DESK_ORDER_COLLECT', { ...by.answer, ...(method && { method, won: order.won }) }, [order.order]) : by;
  }, onDone);
  const wrong = give.problem && give.problem.code !== 'not-withdrawn' ? 'trouble' : undefined;
  return <form onSubmit={(e) => { e.preventDefault(); if (order.paid) give.run(); }} noValidate>
    <Heading>{t('desk.hand-over')}</Heading>
    <div class="beside"><Facts order={order} /><Photo person={order} task="order" /></div>
    {give.problem && <Trouble id="trouble" problem={give.problem} />}
    {online ? <p class="box note">{t('desk.taker-online')}</p>
      : <fieldset class="tasks"><legend>{t('desk.taker')}</legend>
        {takers.map((k) => <label key={k}><input type="radio" name="taker" value={k} checked={taker === k} onChange={() => setTaker(k)} /><span>{t(`desk.taker-${k}`)}</span></label>)}</fieldset>}
    {taker === 'relative' && <>
      <Text name="relative" label={t('desk.taker-rrn')} hint={t('desk.rrn-hint')} max={14} digits secret value={rrn} onInput={setRrn} wrong={wrong} />
      <Text name="proof" label={t('desk.taker-proof')} hint={t('desk.taker-proof-hint')} max={60} value={proof} onInput={setProof} wrong={wrong} /></>}
    <Tick name="withdrawn" label={t('desk.withdrawn')} value={withdrawn} onInput={setWithdrawn} />
    <p class="box note">{order.paid ? t('desk.hand-over-none-due') : t('desk.hand-over-due', { won: won(order.won) })}</p>
    <div class="deeds">
      {order.paid ? <button type="submit" class="deed" aria-disabled={give.busy}>{t('desk.hand-over-open')}</button>
        : methods.map((m) => <button type="button" class="deed" key={m} aria-disabled={give.busy} onClick={() => give.run(m)}>{t(`desk.hand-over-by-${m}`)}</button>)}
      <button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button>
    </div>
  </form>;
}

/* The chip's PIN is its holder's: typed at the reader, which a command drives. */
function ChipPin({ person }: { person: string }) {
  const { t } = useText();
  return <div class="box note"><h2>{t('desk.chip-pin')}</h2><p>{t('desk.chip-pin-next')}</p>
    <div class="receipt">{`jumin desk chip-pin --as KEYFILE --reader pcsc --reason REASON --person ${person}`}</div></div>;
}

function End({ ended, onDone }: { ended: Ended; onDone: () => void }) {
  const { t } = useText();
  const won = useWon();
  return <>
    {ended.how === 'cancelled'
      ? <><Heading>{t('desk.order-cancelled')}</Heading>
        <div class="box note" role="status"><p>{ended.refunded > 0 ? t('desk.order-refund', { won: won(ended.refunded) }) : t('desk.order-no-refund')}</p></div></>
      : <><Heading>{t('desk.handed-over')}</Heading>
        <div class="box good" role="status"><p>{t('desk.handed-over-next')}</p><p class="receipt">{t('desk.order-serial')} {ended.order.serial}</p></div>
        {ended.order.kind === 'ic' && <ChipPin person={ended.order.person} />}</>}
    <div class="deeds"><button type="button" class="deed" onClick={onDone}>{t('desk.next')}</button></div>
  </>;
}

/* One that is on its way: what may be done about it, its state says. */
function OneOrder({ order, title, onDone, onBack }: { order: Order; title: string; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const [deed, setDeed] = useState<'hand-over' | 'cancel'>();
  const [ended, setEnded] = useState<Ended>();
  const back = () => setDeed(undefined);
  if (ended) return <End ended={ended} onDone={onDone} />;
  if (deed === 'cancel') return <Cancel order={order} onDone={(refunded) => setEnded({ how: 'cancelled', refunded })} onBack={back} />;
  if (deed === 'hand-over') return <HandOver order={order} onDone={(o) => setEnded({ how: 'collected', order: o })} onBack={back} />;
  return <div key="one">
    <Heading>{title}</Heading><Facts order={order} />
    <p class="box note">{t(`desk.order-next-${order.state as 'READY'}`)}</p>
    <div class="deeds">
      {order.state === 'READY' && <button type="button" class="deed" onClick={() => setDeed('hand-over')}>{t('desk.hand-over-open')}</button>}
      {order.state === 'ORDERED' && <button type="button" onClick={() => setDeed('cancel')}>{t('desk.order-cancel')}</button>}
      <button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button>
    </div>
  </div>;
}

/** @param pin the chip of the card that they have waits for one */
function NewOrder({ person, pin, onDone, onBack }: { person: Person; pin: boolean; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const { who } = useContext(Signed);
  const ask = useAsk(), won = useWon(), rule = useRule();
  const [kind, setKind] = useState<typeof kinds[number]>('ic');
  const [reason, setReason] = useState<typeof reasons[number]>('lost');
  const [centre, setCentre] = useState(who.centre);
  const [price, setPrice] = useState<Price>();
  const [order] = useState(() => crypto.randomUUID().replaceAll('-', '')); // sent again it is the same one
  const [placed, setPlaced] = useState<Order>();
  const what = { person: person.person, kind, reason };
  const look = useDeed(() => ask('issuer.DESK_ORDER_PRICE', what), setPrice);
  const place = useDeed((method?: Method) => ask('issuer.DESK_ORDER', { ...what, order, centre: centre.trim(), ...(method && { method, won: price!.won }) }), setPlaced);
  if (placed)
    return <>
      <Heading>{t('desk.order-done')}</Heading>
      <div class="box good" role="status"><p>{t('desk.order-done-next')}</p>
        {placed.paid && <p class="receipt">{t('desk.fee-receipt')} {placed.order.slice(0, 8)}</p>}</div>
      <Facts order={placed} />
      <div class="deeds"><button type="button" class="deed" onClick={onDone}>{t('desk.next')}</button></div>
    </>;
  if (price)
    return <div key="price">
      <Heading>{price.won === 0 ? t('desk.order-free') : t('desk.order-due', { won: won(price.won) })}</Heading>
      <p class="box note">{t('desk.fee-rule', { rule: rule(price.rule) })}{price.chip_won > 0 && ` · ${t('desk.fee-parts', { card: won(price.card_won), chip: won(price.chip_won) })}`}</p>
      <p class="lead">{t(price.won === 0 ? 'desk.order-free-lead' : 'desk.order-due-lead')}</p>
      {place.problem && <Trouble id="trouble" problem={place.problem} />}
      <div class="deeds">
        {price.won === 0 ? <button type="button" class="deed" aria-disabled={place.busy} onClick={() => place.run()}>{t('desk.order-note')}</button>
          : <>{methods.map((m) => <button type="button" class="deed" key={m} aria-disabled={place.busy} onClick={() => place.run(m)}>{t(`desk.order-by-${m}`)}</button>)}
            <button type="button" aria-disabled={place.busy} onClick={() => place.run()}>{t('desk.order-later')}</button></>}
        <button type="button" class="plain" onClick={() => { setPrice(undefined); place.setProblem(undefined); }}>{t('ui.back')}</button>
      </div>
    </div>;
  return <form onSubmit={(e) => { e.preventDefault(); look.run(); }} noValidate>
    <Heading>{t('desk.order-title')}</Heading><Who person={person} />
    {pin && <ChipPin person={person.person} />}
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    <Choice name="kind" of={kinds} value={kind} onChange={setKind} />
    <Why value={reason} onChange={setReason} />
    <Text name="centre" label={t('desk.order-centre')} hint={t('desk.order-centre-hint', { centre: who.centre })} max={10} digits value={centre} onInput={setCentre} wrong={look.problem && 'trouble'} />
    <div class="deeds"><button type="submit" class="deed" aria-disabled={look.busy}>{t('desk.order-look')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </form>;
}

/** Of a person: what is on its way to this centre, or a new one. */
export function OrderOf({ person, onDone, onBack }: { person: Person; onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [there, setThere] = useState<Calls['issuer.DESK_ORDERS_OF']['answer']>();
  const look = useDeed(() => ask('issuer.DESK_ORDERS_OF', null, [person.person]), setThere);
  useEffect(() => look.run(), []);
  const [order] = there?.orders ?? [];
  if (order) return <OneOrder order={order} title={t('desk.order-on-way')} onDone={onDone} onBack={onBack} />;
  if (there) return <NewOrder person={person} pin={there.transport_pin} onDone={onDone} onBack={onBack} />;
  return <>
    <Heading>{t('desk.task-order')}</Heading>
    {look.problem ? <Trouble id="trouble" problem={look.problem} /> : <p class="lead" role="status">{t('desk.wait')}</p>}
    <div class="deeds"><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}

/** What this centre has to hand over. */
export function TheOrders({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const { t } = useText();
  const ask = useAsk(), won = useWon(), day = useDay();
  const [orders, setOrders] = useState<Orders>();
  const [sought, setSought] = useState('');
  const [one, setOne] = useState<Order>();
  const look = useDeed(() => ask('issuer.DESK_ORDERS', null), (a) => setOrders(a.orders));
  useEffect(() => look.run(), []);
  if (one) return <OneOrder order={one} title={t('desk.orders')} onDone={onDone} onBack={() => { setOne(undefined); look.run(); }} />;
  const word = sought.trim().toLowerCase();
  const found = waits.flatMap((s) => (orders ?? []).filter((o) => o.state === s && (o.name.includes(word) || o.order.startsWith(word) || o.serial.toLowerCase().startsWith(word))));
  return <>
    <Heading>{t('desk.orders')}</Heading><p class="lead">{t('desk.orders-lead')}</p>
    {look.problem && <Trouble id="trouble" problem={look.problem} />}
    <Text name="search" label={t('desk.orders-search')} hint={t('desk.orders-search-hint')} max={40} value={sought} onInput={setSought} />
    {orders && <p class="lead" role="status">{t('desk.orders-count', { n: String(found.length) })}</p>}
    {orders && orders.length >= LIST_MAX && <p class="box note">{t('desk.orders-full', { n: String(LIST_MAX) })}</p>}
    <div class="choices">{found.map((o) => <button type="button" class="choice one" key={o.order} onClick={() => setOne(o)}>
      <b>{o.name} · {t(`desk.order-state-${o.state as 'READY'}`)}</b>
      <span>{t(`desk.fee-${o.kind as 'ic'}`)} · {t(o.paid ? 'desk.order-paid' : 'desk.order-unpaid', { won: won(o.won) })} · {day(o.since)} · <span class="number">{o.serial}</span></span></button>)}</div>
    <div class="deeds"><button type="button" onClick={() => look.run()}>{t('desk.day-again')}</button><button type="button" class="plain" onClick={onBack}>{t('ui.back')}</button></div>
  </>;
}
