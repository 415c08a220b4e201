// SPDX-License-Identifier: Apache-2.0
/* The window that faces the citizen (D-201, D-210): the QR, the two digits, and how it ended. It asks nobody anything. */
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../ui/text';
import { Heading } from '../ui/ui';
import { Qr } from '../ui/qr';
import { useShown } from './channel';

export function Left({ until }: { until: number }) {
  const { t } = useText();
  const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [n, setN] = useState(left);
  useEffect(() => {
    setN(left());
    const timer = setInterval(() => setN(left()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return <p class="left">{t('desk.left', { n: `${Math.floor(n / 60)}:${String(n % 60).padStart(2, '0')}` })}</p>;
}

export function Citizen() {
  const { t } = useText();
  const shown = useShown();
  if (shown.kind === 'qr')
    return <div class="citizen" key="qr"><Heading>{t('desk.citizen-qr')}</Heading><Qr text={shown.text} label={t('desk.qr')} /><Left until={shown.until} /></div>;
  if (shown.kind === 'sign')
    return <div class="citizen" key="sign"><Heading>{t('desk.citizen-sign')}</Heading><p class="sign">{shown.sign}</p><p class="lead">{t('desk.citizen-sign-next')}</p></div>;
  return <div class="citizen" key={shown.kind}><Heading first={shown.kind === 'idle'}>{t(`desk.citizen-${shown.kind}`)}</Heading><p class="lead">{t(`desk.citizen-${shown.kind}-next`)}</p></div>;
}
