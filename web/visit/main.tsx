// SPDX-License-Identifier: Apache-2.0
/* A service's page on the visitor's own device: off to the wallet, and back into the same session with what came of it (V-07). */
import type { Calls, Code } from '@contract';
import { useEffect, useState } from 'preact/hooks';
import all from 'texts:ui,check,visit,wallet;VER,VP,MDOC,SDJWT,LIST,STATUS,X509,PATH,TRUST,JOSE,API,HTTP';
import { call, type Problem } from '../ui/call';
import { useText } from '../ui/text';
import { Heading, show, Trouble } from '../ui/ui';
import { Verdict } from '../ui/verdict';

type Asked = Calls['verifier.VISIT_START']['answer'];
type Came = Calls['verifier.VISIT_END']['answer'];

/* What the wallet has sent along; gone from the address before anything else. */
const code = new URLSearchParams(location.hash.slice(1)).get('response_code') ?? undefined;
const named = new URLSearchParams(location.search).get('service') ?? '';
if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
const problem = (own: string): Problem => ({ code: own, by: 'P', message: '', trace: '' });

function Visit() {
  const { lang, t } = useText();
  const [asked, setAsked] = useState<Asked>();
  const [came, setCame] = useState<Came>();
  const [trouble, setTrouble] = useState<Problem>();
  const [busy, setBusy] = useState(named === '' || code !== undefined);
  const service = named || came?.service || '';
  const both = (x: { ko?: string; en?: string }) => (lang === 'en' && x.en ? x.en : x.ko ?? x.en ?? '');

  useEffect(() => {
    if (!busy) return;
    void call('verifier.VISIT_END', code === undefined ? {} : { response_code: code }).then((got) => {
      setBusy(false);
      if (got.ok) setCame(got.answer);
      else setTrouble(got.problem.code === ('JM_VER_UNKNOWN' satisfies Code) ? { ...got.problem, code: 'no-visit', by: 'P' } : got.problem);
    });
  }, []);
  const start = async () => {
    if (busy) return;
    setBusy(true);
    setTrouble(undefined);
    const got = await call('verifier.VISIT_START', { service });
    setBusy(false);
    if (!got.ok) { setTrouble(got.problem); return; }
    const [only, ...more] = got.answer.wallets;
    if (!only) { setTrouble(problem('no-wallet')); return; }
    if (more.length) setAsked(got.answer);
    else location.assign(only.link);
  };

  if (asked)
    return <>
      <Heading>{t('visit.which')}</Heading><p class="lead">{both(asked.service.name)}: {both(asked.service.purpose)}</p>
      <div class="deeds">{asked.wallets.map((w) => <a class="button deed" href={w.link} key={w.link}>{both(w.name)}</a>)}</div>
    </>;
  if (came?.verdict) return <Verdict mine result={came} next={t('visit.again')} again={() => { setCame(undefined); void start(); }} />;
  if (busy && !service) return <><Heading first>{t('visit.title')}</Heading><p class="lead" role="status">{t('visit.looking')}</p></>;
  return <>
    <Heading first>{t(came ? 'visit.none-yet' : 'visit.title')}</Heading>
    <p class="lead">{t(came ? 'visit.none-yet-lead' : 'visit.lead')}</p>
    {trouble && <Trouble id="trouble" problem={trouble} />}
    {!service && !busy && !trouble && <Trouble id="trouble" problem={problem('no-service')} />}
    {service && <div class="deeds"><button type="button" class="deed" aria-disabled={busy} onClick={() => void start()}>{t('visit.open')}</button></div>}
  </>;
}

show(all, 'visit.title', Visit);
