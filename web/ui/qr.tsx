// SPDX-License-Identifier: Apache-2.0
/* A QR on the screen: dark on light in every theme, four modules of quiet around. */
import qrcode from 'qrcode-generator';

export function Qr({ text, label }: { text: string; label: string }) {
  const q = qrcode(0, 'M');
  q.addData(text, 'Byte');
  q.make();
  const n = q.getModuleCount();
  let path = '';
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (q.isDark(y, x)) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  return <svg class="qr" viewBox={`0 0 ${n + 8} ${n + 8}`} role="img" aria-label={label} shape-rendering="crispEdges"><path fill="#fff" d={`M0 0h${n + 8}v${n + 8}H0z`} /><path fill="#000" d={path} /></svg>;
}
