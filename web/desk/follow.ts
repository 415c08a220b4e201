// SPDX-License-Identifier: Apache-2.0
/* How a case goes on, as it happens: the issuer says so (text/event-stream). A network that is gone is waited for: the case does not live here. */
import type { Calls } from '@contract';
import { addressOf } from '../ui/call';
import type { useAsk } from './session';

type Told = Calls['issuer.DESK_SHOW']['answer'];
/** @prop until by this machine's clock: the issuer may have another */
export type Case = Told & { until: number };
const PATIENCE_MS = 3000; // a stream ends now and then, and comes back by itself
const ends = ['ISSUED', 'EXPIRED', 'CANCELLED', 'CODE_EXHAUSTED', 'REFUSED', 'ABANDONED'] as const;
export const endOf = (state: string) => ends.find((e) => e === state);

const at = (c: Told): Case => ({ ...c, until: Date.now() + c.left * 1000 });

export function follow(ask: ReturnType<typeof useAsk>, id: string, now: (c: Case) => void, cut: (is: boolean) => void): () => void {
  let source: EventSource, timer = 0;
  const here = () => { clearTimeout(timer); timer = 0; cut(false); };
  /* Refused, not cut: why, says the case itself; who is not signed in any more is shown the door there. */
  const refused = async () => {
    const got = await ask('issuer.DESK_SHOW', null, [id]);
    if (got.ok) now(at(got.answer));
    if (got.ok && !endOf(got.answer.state)) timer = window.setTimeout(begin, PATIENCE_MS);
    else cut(!got.ok);
  };
  const begin = () => {
    source = new EventSource(addressOf('issuer.DESK_EVENTS', [id]));
    source.onopen = here;
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const said = at(JSON.parse(data) as Told);
      now(said);
      if (endOf(said.state)) source.close();
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) void refused();
      else timer ||= window.setTimeout(() => cut(true), PATIENCE_MS);
    };
  };
  begin();
  return () => { source.close(); clearTimeout(timer); };
}
