// SPDX-License-Identifier: Apache-2.0
/* D-356: what was shown to whom, by names and never by values; found again, and deleted by its holder alone. */
import { useState } from 'preact/hooks';
import all from 'texts:ui,wallet,loss;WALLET,VP,VCI,OAUTH,API,HTTP,TRUST,PROVIDER,LOSS,CARD,ELIG,TAKEOVER,ORDER';
import { type Lang, useText } from '../ui/text';
import { Field, Heading, Trouble } from '../ui/ui';
import { claim } from './card';
import type { W } from './use';

function outcome(name: string, lang: Lang): string {
  return all[lang].web[`wallet.outcome-${name}`] ?? name;
}

export function History({ w }: { w: W }) {
  const { lang, t } = useText();
  const [search, setSearch] = useState('');
  const day = new Intl.DateTimeFormat(lang === 'ko' ? 'ko-KR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' });
  const events = w.look!.history.map((h, at) => ({ at, privacy: ['sent', 'unanswered', 'refused by verifier'].includes(h.outcome) ? h.privacy_uri : '', who: h.who || t('wallet.badge-4'), when: day.format(h.at * 1000),
    what: `${outcome(h.outcome, lang)}${h.claims && ` · ${h.claims.split(',').map((n) => claim(n, lang)).join(', ')}`}` }));
  const found = events.filter((e) => `${e.who} ${e.when} ${e.what}`.toLowerCase().includes(search.trim().toLowerCase())).reverse();
  return <>
    <Heading>{t('wallet.history')}</Heading>
    <p class="lead">{t('wallet.history-lead')}</p>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    {events.length > 1 && <Field name="search" label={t('wallet.search')} hint={t('wallet.search-hint')} placeholder="" max={100} plain value={search} onInput={setSearch} />}
    {found.length === 0 && <p role="status">{t('wallet.history-none')}</p>}
    <ul class="history">{found.map((e) => <li key={e.at}><b>{e.who}</b><span>{e.when}</span><span>{e.what}</span>
      {e.privacy && <a href={e.privacy} target="_blank" rel="noopener noreferrer">{t('wallet.ask-deletion')}</a>}
      <button type="button" class="plain" aria-label={t('wallet.forget-this', { who: e.who, when: e.when })} onClick={() => w.forget(e.at)}>{t('wallet.forget')}</button></li>)}</ul>
    {events.length > 0 && <><h2>{t('wallet.export')}</h2><p>{t('wallet.export-means')}</p><button type="button" class="wide" onClick={w.exportHistory}>{t('wallet.export')}</button></>}
    <label class="more"><input type="checkbox" role="switch" checked={w.look!.keeps_history} onChange={(e) => void w.keepHistory(e.currentTarget.checked)} /><span><b>{t('wallet.keeps-history')}</b><br />{t('wallet.keeps-history-means')}</span></label>
    <div class="deeds"><button type="button" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}
