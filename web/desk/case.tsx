// SPDX-License-Identifier: Apache-2.0
/* A running case (D-203 … D-207, D-210): the QR on the citizen's side, the two digits, the code, the end. It goes on by its number alone. */
import type { Calls } from '@contract';
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import type { Outcome } from '../ui/call';
import { Qr } from '../ui/qr';
import { side, tell, useCitizen } from './channel';
import { Left } from './citizen';
import { Refuse } from './person';
import { useAsk, useDeed } from './session';
import { endOf, follow, type Case } from './follow';

/** Where one is, in the tab's history: a reload finds it. The offer is for minutes, and for one phone. */
export interface Running { id: string; offer?: string; fee?: { won: number; rule: string } }
const uriOf = (offer: string) => `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(offer)}`;

function useCase(running: Running): [Case | undefined, Calls['issuer.DESK_CODE']['answer']['tx_code'] | undefined, (c: string | undefined) => void, boolean] {
  const ask = useAsk(false);
  const [now, setNow] = useState<Case>();
  const [digits, setDigits] = useState<string>();
  const [cut, setCut] = useState(false);
  useEffect(() => follow(ask, running.id, setNow, setCut), [running.id]);
  return [now, digits, setDigits, cut];
}

/* What the citizen's side shows of it. */
function useTelling(running: Running, now: Case | undefined) {
  const end = now && endOf(now.state);
  const kind = !now ? 'idle' : end === 'ISSUED' ? 'done' : end ? 'ended' : now.state === 'CREATED' ? 'qr' : now.code_asked ? 'code' : now.sign ? 'sign' : 'code';
  const sign = now?.sign, until = now?.until;
  useEffect(() => {
    if (kind === 'qr' && running.offer) tell({ kind, text: uriOf(running.offer), until: until ?? Date.now() });
    else if (kind === 'sign' && sign) tell({ kind, sign });
    else if (kind !== 'qr' && kind !== 'sign') tell({ kind });
  }, [kind, sign, running.id]);
  useEffect(() => () => tell({ kind: 'idle' }), []);
}

export function CitizenWindow() {
  const { t } = useText();
  const here = useCitizen();
  const open = () => { window.open(side, 'jumin-citizen', 'popup,width=900,height=1000'); };
  return here ? <p class="lead" role="status">{t('desk.citizen-here')}</p> : <button type="button" onClick={open}>{t('desk.citizen-open')}</button>;
}

function Waiting({ running, until }: { running: Running; until: number }) {
  const { lang, t } = useText();
  const here = useCitizen();
  return <>
    <Heading>{t('desk.scan')}</Heading><p class="lead">{t(here ? 'desk.scan-there' : 'desk.scan-here')}</p>
    {running.offer && !here && <Qr text={uriOf(running.offer)} label={t('desk.qr')} />}
    {!running.offer && <div class="box note"><p>{t('desk.scan-gone')}</p></div>}
    <Left until={until} />
    {running.fee && <p class="left">{t('desk.fee', { won: running.fee.won.toLocaleString(lang), rule: running.fee.rule })}</p>}
    <CitizenWindow />
  </>;
}

export function RunningCase({ running, onNew, onDone }: { running: Running; onNew: (() => Promise<Outcome<unknown>>) | undefined; onDone: () => void }) {
  const { t } = useText();
  const ask = useAsk();
  const [now, digits, setDigits, cut] = useCase(running);
  const [refusing, setRefusing] = useState(false);
  useTelling(running, now);
  const code = useDeed(() => ask('issuer.DESK_CODE', {}, [running.id]), (a) => setDigits(a.tx_code));
  const cancel = useDeed(() => ask('issuer.DESK_CANCEL', {}, [running.id]), () => undefined);
  const again = useDeed(async () => onNew?.(), () => undefined);
  if (!now) return <><Heading>{t('desk.case')}</Heading><p class="lead" role="status">{t(cut ? 'desk.cut' : 'desk.wait')}</p></>;
  const end = endOf(now.state), trouble = again.problem ?? (end ? undefined : code.problem ?? cancel.problem);
  if (refusing && !end) return <Refuse id={running.id} desk_case onDone={() => setRefusing(false)} onBack={() => setRefusing(false)} />;
  const step = end ?? (now.state === 'CREATED' ? 'scan' : now.state === 'CODE_OK' ? 'making' : digits ? 'read' : now.code_asked ? 'lost' : 'sign');
  const others = <>
    {onNew && step !== 'making' && <button type="button" onClick={() => again.run()}>{t('desk.new-qr')}</button>}
    {step !== 'making' && <button type="button" onClick={() => setRefusing(true)}>{t('desk.refuse')}</button>}
    <button type="button" onClick={() => cancel.run()}>{t(step === 'sign' ? 'desk.sign-differs' : 'desk.cancel')}</button>
  </>;
  return <div key={step}>
    {cut && <p class="box note" role="status">{t('desk.cut')}</p>}
    {now.second_phone && !end && <div class="box bad" role="alert"><h2>{t('desk.second')}</h2><p>{t('desk.second-next')}</p></div>}
    {trouble && <Trouble id="trouble" problem={trouble} />}
    {step === 'scan' && <><Waiting running={running} until={now.until} /><div class="deeds">{others}</div></>}
    {step === 'sign' && <>
      <Heading>{t('desk.sign')}</Heading><p class="sign">{now.sign ?? '—'}</p><p class="lead">{t('desk.sign-next')}</p><Left until={now.until} />
      <div class="deeds"><button type="button" class="deed" aria-disabled={code.busy} onClick={() => code.run()}>{t('desk.sign-same')}</button>{others}</div></>}
    {step === 'read' && <>
      <Heading>{t('desk.code')}</Heading><p class="sign code" aria-label={digits?.split('').join(' ')}>{digits?.slice(0, 3)} {digits?.slice(3)}</p><p class="lead">{t('desk.code-next')}</p><Left until={now.until} />
      {now.tries > 0 && <div class="box note" role="status"><p>{t('desk.tries', { n: String(now.tries), left: String(5 - now.tries) })}</p></div>}
      <div class="deeds"><button type="button" onClick={() => code.run()}>{t('desk.code-again')}</button>{others}</div></>}
    {step === 'lost' && <>
      <Heading>{t('desk.code-lost')}</Heading><p class="lead">{t('desk.code-lost-next')}</p>
      <div class="deeds"><button type="button" class="deed" onClick={() => code.run()}>{t('desk.code-again')}</button>{others}</div></>}
    {step === 'making' && <><Heading>{t('desk.making')}</Heading><p class="lead" role="status">{t('desk.making-next')}</p><div class="deeds">{others}</div></>}
    {end && <>
      <Heading>{t(`desk.end-${end}`)}</Heading>
      <div class={`box ${end === 'ISSUED' ? 'good' : 'note'}`} role="status"><p>{t(`desk.end-${end}-next`)}</p></div>
      <div class="deeds"><button type="button" class="deed" onClick={onDone}>{t('desk.next')}</button>
        {onNew && (end === 'EXPIRED' || end === 'CANCELLED' || end === 'CODE_EXHAUSTED') && <button type="button" onClick={() => again.run()}>{t('desk.new-qr')}</button>}</div></>}
  </div>;
}
