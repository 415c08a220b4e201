// SPDX-License-Identifier: Apache-2.0
/* Asking as a clerk who is signed in. Whoever is not any more is shown the door, and finds their screen again afterwards. */
import type { Calls, Code } from '@contract';
import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { call, type Outcome, type Problem } from '../ui/call';
import type { Who } from './passkey';

export interface Session { who: Who; active: () => void; over: (why: Problem) => void }
export const Signed = createContext<Session>(null as unknown as Session);

/** @param deed is it somebody at the screen who asks? else their time runs on (D-420) */
export function useAsk(deed = true) {
  const { active, over } = useContext(Signed);
  return async <K extends keyof Calls>(name: K, body: Calls[K]['body'], args: string[] = []): Promise<Outcome<Calls[K]['answer']>> => {
    const got = await call(name, body, args);
    if (!got.ok && got.problem.code === ('JM_STAFF_SESSION' satisfies Code)) over(got.problem);
    else if (deed) active();
    return got;
  };
}

/** One deed at a time: runs it, is busy, keeps what went wrong. */
export function useDeed<T, A extends unknown[]>(deed: (...a: A) => Promise<Outcome<T> | undefined>, done: (answer: T) => void) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (...a: A) => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    const got = await deed(...a);
    setBusy(false);
    if (got?.ok) done(got.answer);
    else if (got) setProblem(got.problem);
  };
  return { run: (...a: A) => void run(...a), busy, problem, setProblem };
}
