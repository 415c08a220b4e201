// SPDX-License-Identifier: Apache-2.0
/* Between the clerk's window and the one that faces the citizen: what stands there, and no more of a person than two digits. */
import { useEffect, useState } from 'preact/hooks';

export type Shown = { kind: 'idle' | 'code' | 'done' | 'ended' } | { kind: 'qr'; text: string; until: number } | { kind: 'sign'; sign: string };
type Said = { from: 'clerk'; shown: Shown } | { from: 'citizen'; here: boolean } | { from: 'clerk'; asks: true };

/* Of one tab: two clerks at one machine have a window each. A reload finds it again. */
function nameOfTab(): string {
  const name = sessionStorage.getItem('jumin-desk') ?? crypto.randomUUID();
  sessionStorage.setItem('jumin-desk', name);
  return name;
}
/** In the window that faces the citizen: whose it is; else null. */
export const facing = new URLSearchParams(location.hash.slice(1)).get('citizen');
const own = facing ?? nameOfTab();
const channel = new BroadcastChannel(`jumin-desk ${own}`);
/** The address of the window that faces the citizen. */
export const side = `#citizen=${own}`;
const say = (said: Said) => channel.postMessage(said);
let last: Shown = { kind: 'idle' };

export function tell(shown: Shown): void {
  last = shown;
  say({ from: 'clerk', shown });
}

/** Is there a window that faces the citizen? One that comes is told what stands. */
export function useCitizen(): boolean {
  const [here, setHere] = useState(false);
  useEffect(() => {
    const hear = ({ data }: MessageEvent<Said>) => {
      if (data.from !== 'citizen') return;
      setHere(data.here);
      if (data.here) say({ from: 'clerk', shown: last });
    };
    const leave = () => say({ from: 'clerk', shown: { kind: 'idle' } });
    channel.addEventListener('message', hear);
    addEventListener('pagehide', leave);
    say({ from: 'clerk', asks: true });
    return () => { channel.removeEventListener('message', hear); removeEventListener('pagehide', leave); };
  }, []);
  return here;
}

/** The citizen's side. */
export function useShown(): Shown {
  const [shown, setShown] = useState<Shown>({ kind: 'idle' });
  useEffect(() => {
    const here = (is: boolean) => say({ from: 'citizen', here: is });
    const hear = ({ data }: MessageEvent<Said>) => {
      if (data.from === 'clerk' && 'shown' in data) setShown(data.shown);
      else if (data.from === 'clerk') here(true);
    };
    const leave = () => here(false);
    channel.addEventListener('message', hear);
    addEventListener('pagehide', leave);
    here(true);
    return () => { channel.removeEventListener('message', hear); removeEventListener('pagehide', leave); };
  }, []);
  return shown;
}
