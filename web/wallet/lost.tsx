// SPDX-License-Identifier: Apache-2.0
/* A loss reported from the wallet (D-270, D-271): what was lost, what that does in plain words, and what came of it. The wallet has the code: nobody
 * types it, and nobody proves anything to stop a card. */
import { useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading, Trouble } from '../ui/ui';
import type { Lost, Report, W } from './use';

const things: readonly Lost[] = ['phone', 'card', 'plastic'];

export function Losing({ w }: { w: W }) {
  const { t } = useText();
  const [what, choose] = useState<Lost>();
  if (what === undefined) return <div key="what">
    <Heading>{t('loss.what')}</Heading>
    {w.trouble && <Trouble id="trouble" problem={w.trouble} />}
    <div class="choices">{things.map((one) => <button type="button" class="choice one" key={one} onClick={() => { w.settle(); choose(one); }}><b>{t(`loss.${one}`)}</b><span>{t(`loss.${one}-effect`)}</span></button>)}</div>
    <div class="deeds"><button type="button" class="plain" onClick={() => w.go('care')}>{t('ui.back')}</button></div>
  </div>;
  return <div key={what}>
    <Heading>{t('loss.code-title', { what: t(`loss.${what}`) })}</Heading>
    <p class="lead">{t(`loss.${what}-effect`)}</p>
    <p>{t('wallet.lost-here')}</p>
    <div class="deeds"><button type="button" class="deed" onClick={() => void w.report(what)}>{t('loss.pause')}</button><button type="button" onClick={() => choose(undefined)}>{t('ui.back')}</button></div>
  </div>;
}

export function Reported({ w, report }: { w: W; report: Report }) {
  const { t } = useText();
  const paused = report.effect === 'paused';
  const next = !paused ? ['next-none'] as const : report.what === 'plastic' ? ['next-found', 'next-plastic'] as const : ['next-found', 'next-gone'] as const;
  return <>
    <Heading>{t(paused ? 'loss.paused' : 'loss.none')}</Heading>
    <div class="box good" role="status"><h2>{t(paused ? 'loss.paused-now' : 'loss.taken')}</h2><p>{t(paused ? 'loss.paused-means' : 'loss.none-means')}</p></div>
    <h2>{t('loss.then')}</h2>
    <ol class="next">{next.map((n) => <li key={n}>{t(`loss.${n}`)}</li>)}</ol>
    <h2>{t('loss.receipt')}</h2>
    <p class="receipt">{report.receipt}</p>
    <div class="deeds"><button type="button" class="deed" onClick={() => w.go('home')}>{t('wallet.to-home')}</button></div>
  </>;
}
