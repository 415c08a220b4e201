// SPDX-License-Identifier: Apache-2.0
/* How a case goes on, as it happens. A network that is gone is waited for: the case does not live here. */
import type { Calls } from '@contract';
import type { useAsk } from './session';

export type Case = Calls['issuer.DESK_SHOW']['answer'];
const EVERY_MS = 700;
const ends = ['ISSUED', 'EXPIRED', 'CANCELLED', 'CODE_EXHAUSTED', 'REFUSED', 'ABANDONED'] as const;
export const endOf = (state: string) => ends.find((e) => e === state);

export function follow(ask: ReturnType<typeof useAsk>, id: string, now: (c: Case) => void, cut: (is: boolean) => void): () => void {
  let stopped = false, timer = 0;
  const look = async () => {
    const got = await ask('issuer.DESK_SHOW', null, [id]);
    if (stopped) return;
    cut(!got.ok);
    if (got.ok) now(got.answer);
    if (got.ok ? !endOf(got.answer.state) : got.problem.code === 'offline' || got.problem.code === 'server') timer = window.setTimeout(() => void look(), EVERY_MS);
  };
  void look();
  return () => { stopped = true; clearTimeout(timer); };
}
