// SPDX-License-Identifier: Apache-2.0
/* Where the page is, and what it does: one screen at a time, one operation at a time. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type all from 'texts:ui,wallet,loss;WALLET,VP,VCI,OAUTH,API,HTTP,TRUST,PROVIDER,LOSS,CARD,ELIG,TAKEOVER,ORDER';
import type { Calls } from '@contract';
import { call, PATIENCE_MS, type Problem, unheard } from '../ui/call';
import type { Lang } from '../ui/text';
import { Bridge } from './bridge';
import { type Claim, type End, type Look, type Octets, type Operation, type Question, type Sorted, Wallet } from './core';
import { hold } from './hold';
import { isAble } from './ready';
import { register, renewed } from './worker';
import { open as openByPin, Refused, set as newPin } from './pin';
import { claim, discard, hasPasskey, type Kept, keepSecond, NoPasskey, Taken, Vault } from './store';

/* What the page cannot do without is waited for longer, and fetched again when it did not come. */
const LOADS_MS = 60_000;
let compiled: Promise<WebAssembly.Module> | undefined;
const module = () => (compiled ??= WebAssembly.compileStreaming(fetch('ui/jumin.wasm', { signal: AbortSignal.timeout(LOADS_MS) })).catch((e: unknown) => { compiled = undefined; throw e; }));
void module().catch(() => undefined); // early
const trustSet = async (patience: number): Promise<Octets> => {
  const got = await fetch('ui/trust.cbor', { cache: 'no-cache', signal: AbortSignal.timeout(patience) });
  if (!got.ok) throw new Error('no trust set');
  return new Uint8Array(await got.arrayBuffer());
};
/* Of who has one already: its holder waits at the door meanwhile. */
const TRUST_MS = 5000;
const digest = async (o: Octets) => new Uint8Array(await crypto.subtle.digest('SHA-256', o));
export const problem = (code: string): Problem => ({ code, by: 'P', message: '', trace: '' });

/* Copies are fetched anew at a drawn time while the page is open. */
const REFRESH_FROM_MS = 60_000, REFRESH_WITHIN_MS = 540_000;

/* A question of the engine, until the screen has answered it. */
export interface Asked { question: Question; answer: (said: string | null) => void; drop: () => void }
export interface Ended extends End { op: Operation; declined: boolean; uri?: string; reported?: Report }
export type Lost = 'phone' | 'card' | 'plastic';
export type Report = Calls['issuer.LOSS']['answer'] & { what: Lost };
export type Told = Calls['issuer.TAKEOVER']['answer'];
export type Orders = Calls['issuer.ORDERS']['answer']['orders'];
export type Price = Calls['issuer.ORDER_PRICE']['answer'] & { kind: string };
/* What the card may be asked for once more; all else ends the tap. */
const askedAgain = [undefined, 'JM_CARD_REMOVED', 'JM_CARD_TIMEOUT', 'JM_CARD_PIN_WRONG', 'JM_CARD_PIN_NEEDS_CAN', 'JM_CARD_CAN_WRONG'];

export type Screen = 'loading' | 'elsewhere' | 'ready' | 'welcome' | 'first-pin' | 'locked' | 'home' | 'scan' | 'history' | 'care' | 'lost' | 'real' | 'pin' | 'reader' | 'same' | 'orders' | 'working' | 'asked' | 'done';
export type Net = 'ok' | 'offline' | 'down';
/* Screens that nothing lies behind: the browser's back button leaves the page there, and comes home from all others. */
const outer: readonly Screen[] = ['loading', 'elsewhere', 'ready', 'welcome', 'first-pin', 'locked', 'home'];

/* One entry of the browser's history stands for being inside. */
function useScreen(leave: (from: Screen) => Screen) {
  const [screen, set] = useState<Screen>('loading');
  const at = useRef(screen), skipped = useRef(0);
  const go = (to: Screen) => {
    const inside = (history.state as { inside?: boolean } | null)?.inside === true && skipped.current === 0;
    if (!outer.includes(to) && !inside) history.pushState({ inside: true }, '');
    if (outer.includes(to) && inside) { skipped.current++; history.back(); }
    at.current = to;
    set(to);
    scrollTo(0, 0);
  };
  useEffect(() => {
    const back = () => {
      if (skipped.current > 0) skipped.current--; // our own
      else if (!outer.includes(at.current)) set(at.current = leave(at.current));
      if (!outer.includes(at.current) && (history.state as { inside?: boolean } | null)?.inside !== true) history.pushState({ inside: true }, '');
    };
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  return [screen, go] as const;
}

/* An address that was given along: of a request on this same phone. It stays until it was answered, so that a reload loses nothing. */
const given = () => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ''; } };
/* Answered: gone from this entry of the browser's history, and from others when they come, also after a reload. Another address in the same
 * tab begins anew. */
const ANSWERED = 'answered';
const forget = () => { if (location.hash && location.hash === sessionStorage.getItem(ANSWERED)) history.replaceState(history.state, '', location.pathname + location.search); };
const answered = () => { if (location.hash) sessionStorage.setItem(ANSWERED, location.hash); forget(); };
forget();
addEventListener('hashchange', () => { forget(); if (location.hash) location.reload(); });

export function useWallet(lang: Lang, texts: typeof all) {
  const vault = useRef<Vault | undefined>(undefined), kept = useRef<Kept | undefined>(undefined);
  const [look, setLook] = useState<Look>();
  const asking = useRef<Asked | undefined>(undefined);
  const [asked, setAsked] = useState<Asked>();
  const [end, setEnd] = useState<Ended>();
  const declined = useRef(false);
  /* The reader elsewhere, what was typed for its card (for this tap alone), and how far it is. */
  const bridge = useRef<Bridge | undefined>(undefined), typed = useRef({ pin: '', can: '' });
  const [carried, setCarried] = useState(0);
  const [takeover, setTakeover] = useState<Told>();
  const [orders, setOrders] = useState<Orders>(), [price, setPrice] = useState<Price>();
  const placing = useRef<string | undefined>(undefined);
  const [trouble, setTrouble] = useState<Problem>();
  const [link, setLink] = useState(given);
  /* Who answered when last asked: the provider, which this page is of, and the issuer's lists; undefined: nobody has asked. */
  const [heard, setHeard] = useState<{ provider?: boolean; issuer?: boolean }>({});
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const back = () => { setOnline(true); void recheck(); }, gone = () => setOnline(false);
    addEventListener('online', back);
    addEventListener('offline', gone);
    return () => { removeEventListener('online', back); removeEventListener('offline', gone); };
  }, []);
  /* One of them silent is a service that is down; both are a network that is not there. */
  const net: Net = !online || (heard.provider === false && !heard.issuer) ? 'offline' : heard.provider === false || heard.issuer === false ? 'down' : 'ok';
  const [revealed, setRevealed] = useState<Claim[]>();
  const [lossCode, setLossCode] = useState<{ issuer: string; loss_code: string }>();
  const [proving, setProving] = useState<{ then: (raw: Octets) => void | Promise<void> }>();
  const [busyPin, setBusyPin] = useState(false);
  const [others, setOthers] = useState(0);
  /* Of a wallet of PIN alone: what the tenth try opened, which that PIN never opens again. Until there is a new one, nothing else is asked. */
  const owed = useRef<Octets | undefined>(undefined);
  const [hasPin, setHasPin] = useState(false);
  const [pinAlone, setPinAlone] = useState(false);
  const [lasting, setLasting] = useState(true);
  /* Back: of a question it is a no, of work in hand nothing, else the way home. */
  const [screen, go] = useScreen((from) => {
    if (from === 'working') return from;
    if (from === 'asked') { asking.current?.answer(null); return 'working'; }
    if (from === 'same') leave('JM_CARD_BRIDGE_OVER');
    setTrouble(undefined);
    setLossCode(undefined);
    return 'home';
  });

  /* Who stands at the reader is told how it went, and nothing of the card stays in hand. */
  const leave = (reason: string) => {
    void bridge.current?.end(reason);
    bridge.current = undefined;
    typed.current = { pin: '', can: '' };
    setCarried(0);
  };
  useEffect(() => {
    const gone = () => leave('JM_CARD_BRIDGE_OVER');
    addEventListener('pagehide', gone);
    return () => removeEventListener('pagehide', gone);
  }, []);
  const transmit = (capdu: Octets) => {
    setCarried((n) => n + 1);
    return bridge.current?.transmit(capdu) ?? Promise.resolve('unavailable' as const);
  };
  const ask = (question: Question) => (question.question === 'card' && (!bridge.current || bridge.current.trouble || !askedAgain.includes(question.why)) ? Promise.resolve(null) : new Promise<string | null>((answer, drop) => {
    const mine: Asked = { question, drop: () => { asking.current = undefined; drop(new Taken()); }, answer: (said) => {
      if (asking.current !== mine) return; // it was answered, by going back
      asking.current = undefined;
      setProving(undefined);
      if (question.question === 'consent' || question.question === 'delete' || question.question === 'card') declined.current = said === null;
      if (question.question === 'card') { bridge.current?.again(); setCarried(0); }
      setAsked(undefined);
      setTrouble(undefined);
      go('working');
      answer(said);
    } };
    asking.current = mine;
    setAsked(mine);
    go('asked');
  }));
  const open = async (trust = vault.current!.kept.trust, pin = vault.current!.kept.pin) => {
    const v = vault.current!;
    /* What was begun before another tab took the wallet ends there, also when this tab has it back. */
    const still = <T,>(does: () => Promise<T>) => (vault.current === v ? does() : Promise.reject(new Taken()));
    return Wallet.open(await module(), { seal: (o) => v.seal(o), unseal: (o) => v.unseal(o), now: () => Math.floor(Date.now() / 1000),
      keep: (o) => still(() => v.keep(o)), ask: (q) => still(() => ask(q)), transmit: (o) => still(() => transmit(o)) },
      trust, pin, await v.state());
  };
  /* Who may ask for what changes from day to day: a newer set takes the place of ours, an older one never does. Without a network ours will do. */
  const renewTrust = async () => {
    try {
      const set = await trustSet(TRUST_MS), v = vault.current!;
      setHeard((h) => ({ ...h, provider: true }));
      if (set.length === v.kept.trust.length && set.every((o, i) => o === v.kept.trust[i])) return;
      const fresh = await open(set, await digest(set));
      const ours = await open(), newer = fresh.version > ours.version || (fresh.version === ours.version && fresh.issued > ours.issued);
      if (newer && fresh.root === ours.root) await v.trust(set);
    } catch { setHeard((h) => ({ ...h, provider: false })); /* ours */ }
  };
  const enter = async () => {
    await renewTrust();
    setLook((await open()).look());
    setLasting(await navigator.storage?.persisted?.() ?? false);
    setTrouble(undefined);
    if (link !== '' && !owed.current) { void run(undefined, link); return; }
    go('home');
    void lookAfter();
  };
  const passkey = async (make: () => Promise<Vault>) => {
    setTrouble(undefined);
    try {
      vault.current = await make();
      await enter();
    } catch (e) {
      /* A passkey's refusals are the browser's own, which names no time; a network's are TypeErrors (Fetch), and its time is over. */
      const late = e instanceof DOMException && e.name === 'TimeoutError';
      setTrouble(problem(!late && (e instanceof NoPasskey || e instanceof DOMException) ? 'no-passkey' : late || e instanceof TypeError ? unheard(e) : 'unknown'));
    }
  };
  const busy = useRef<Promise<unknown>>(Promise.resolve());
  /* One operation at a time: two would each begin with the same state, and one of them would be forgotten. */
  const alone = <T,>(does: () => Promise<T>): Promise<T> => {
    const mine = busy.current.then(does, does);
    busy.current = mine.catch(() => undefined);
    return mine;
  };
  const run = (op: Operation | undefined, uri?: string) => {
    setTrouble(undefined);
    setRevealed(undefined);
    declined.current = false;
    go('working');
    return alone(async () => {
      const v = vault.current;
      try {
        const wallet = await open(), sorted = op ? { op } : wallet.sort(uri ?? ''), what = sorted.op;
        if (what === 'tap' && !op) {
          await meet(sorted as Sorted & { op: 'tap' });
          return;
        }
        if (!what) {
          setTrouble(problem('no-code-of-ours'));
          go('scan');
          return;
        }
        const done = await wallet.run(what, { korean: lang === 'ko', ...(uri === undefined ? {} : { uri }) });
        const lost = bridge.current?.trouble;
        if (what === 'tap') leave(done.state === 'done' ? '' : done.code ?? 'JM_CARD_BRIDGE_OVER');
        if (vault.current !== v) return;
        setLook((await open()).look());
        setEnd({ ...done, op: what, declined: declined.current, ...(uri === undefined ? {} : { uri }) });
        if (what === 'tap' && declined.current) { go('home'); return; }
        if (done.state === 'failed' && !declined.current) setTrouble(lost ?? { ...problem(done.code ?? 'unknown'), ...(done.after && { after: done.after }) });
        setLink('');
        answered();
        go('done');
        if (done.redirect) location.assign(done.redirect); // where it was asked from
      } catch {
        leave('JM_CARD_BRIDGE_OVER');
        if (vault.current !== v) return;
        setTrouble(problem('unknown'));
        go('home');
      }
    });
  };
  /* A reader elsewhere, by its code: of an authority that the wallet knows, and nobody else's yet. */
  const meet = async (found: Sorted & { op: 'tap' }) => {
    const got = found.why === undefined ? await Bridge.join(found) : { ok: false as const, problem: problem(found.why) };
    setLink('');
    answered();
    if (!got.ok) {
      setTrouble(got.problem);
      go('reader');
      return;
    }
    leave('JM_CARD_BRIDGE_OVER'); // an earlier one
    bridge.current = got.answer;
    go('same');
  };
  /* What nobody waits for: the card's own status, fresh copies at a time that was drawn. */
  const quietly = (op: 'check' | 'refresh') => alone(async () => {
    const v = vault.current;
    if (!v) return undefined;
    const done = await (await open()).run(op, { korean: lang === 'ko' }).catch(() => undefined);
    if (vault.current === v && done) setLook((await open()).look());
    return done;
  });
  /* Of what is kept, and nobody else is asked. */
  const changing = (does: (wallet: Wallet) => Promise<void>) => alone(async () => {
    await does(await open());
    setLook((await open()).look());
  });
  /* D-361: what the list says ends the copies; why, the issuer says. */
  const lookAfter = async () => {
    const done = await quietly('check'), said = done?.state === 'done' || done?.code === 'JM_WALLET_CARD_ENDED';
    if (said || done?.code === 'JM_WALLET_STATUS_UNKNOWN') setHeard((h) => ({ ...h, issuer: said }));
    if (done?.code === 'JM_WALLET_CARD_ENDED') await quietly('refresh');
  };
  const recheck = async () => {
    if (!vault.current) return;
    await renewTrust();
    await lookAfter();
  };
  /* The issuer is asked by the card, one thing after another; @param then what was told last, or nothing where it was refused: then the trouble says why. */
  const inquire = (all: [Operation, object][], then: (told: unknown) => void) => {
    setTrouble(undefined);
    go('working');
    return alone(async () => {
      const v = vault.current;
      let told: unknown;
      for (const [op, body] of all) {
        const done = await (await open()).run(op, { korean: lang === 'ko', body });
        if (vault.current !== v) return;
        told = done.state === 'done' ? done.told : undefined;
        if (told === undefined) {
          const said = /JM_(?:ORDER|ELIG|TAKEOVER)_[A-Z_]+/.exec(done.detail ?? '')?.[0];
          setTrouble(problem(said && texts.ko.code[said] ? said : done.code ?? 'unknown'));
          break;
        }
      }
      setLook((await open()).look());
      then(told);
    });
  };
  const askTakeover = (body: { decision?: string }) => inquire([['takeover', body]], (told) => {
    if (told) setTakeover(told as Told);
    go(told && (body.decision !== undefined || (told as Told).waiting) ? 'home' : 'care');
  });
  const askOrders = (...first: [Operation, object][]) => inquire([...first, ['orders', {}]], (told) => {
    if (told) setOrders((told as { orders: Orders }).orders);
    if (told) placing.current = undefined;
    setPrice(undefined);
    go(told || orders ? 'orders' : 'care');
  });
  const due = look?.cards.at(-1)?.refresh_due === true && net === 'ok';
  useEffect(() => { // D-253: never as the consequence of a showing
    if (!due) return undefined;
    const timer = setTimeout(() => void quietly('refresh'), REFRESH_FROM_MS + crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 * REFRESH_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [due]);
  const tryPin = async (pin: string) => {
    const k = vault.current?.kept ?? kept.current!, got = await openByPin(pin, k.second!, (s) => keepSecond(k, s));
    setOthers(got.others);
    if (got.left === 0 && !hasPasskey(k)) owed.current = got.raw.slice();
    return { k, raw: got.raw };
  };
  const byPin = async (act: () => Promise<void>) => {
    setTrouble(undefined);
    setBusyPin(true);
    try {
      await act();
    } catch (e) {
      setTrouble(e instanceof Refused ? e.problem : problem('unknown'));
    }
    setBusyPin(false);
  };
  /* Fresh proof that it is the holder (D-353), then what it was wanted for. */
  const proven = async (then: () => void | Promise<void>, about?: string) => {
    setTrouble(undefined);
    if (vault.current!.byPin) { // its passkey is not to be had
      setProving({ then });
      return;
    }
    if (!(await vault.current!.verify(about).catch(() => false))) {
      setTrouble(problem('no-passkey'));
      return;
    }
    try {
      await then();
    } catch {
      setTrouble(problem('unknown'));
    }
  };
  /* From where it broke off: what is kept says how far it came; else from its beginning, of which nothing is left. */
  const again = () => {
    const e = end!;
    if (e.op === 'tap') go('reader');
    else if (e.op === 'receive' || e.op === 'continue') void (look!.pending ? run('continue') : run('receive', e.uri));
    else void run(e.op, e.uri);
  };
  const mayHelp = end?.code !== undefined && end.code !== 'JM_VP_SEND' && texts.ko.code[end.code]?.[3] === true;

  /* Nothing of the wallet stays in hand, and what was begun with it keeps nothing more. */
  const shut = () => {
    vault.current = undefined;
    owed.current?.fill(0);
    owed.current = undefined;
    asking.current?.drop();
    leave('JM_CARD_BRIDGE_OVER');
    setTakeover(undefined);
    setOrders(undefined);
    setLook(undefined);
    setRevealed(undefined);
    setLossCode(undefined);
    setProving(undefined);
    setAsked(undefined);
  };
  const begin = async (take: boolean) => {
    const lost = () => {
      shut();
      setLink(given());
      go('elsewhere');
    };
    if (!isAble()) { go('ready'); return; }
    try {
      if (!(await hold(take, lost))) { go('elsewhere'); return; }
      if (await renewed()) return;
      kept.current = await claim();
      setHasPin(kept.current?.second !== undefined);
      setPinAlone(kept.current !== undefined && !hasPasskey(kept.current));
      go(kept.current ? 'locked' : 'ready');
    } catch {
      setTrouble(problem('no-store'));
    }
  };
  useEffect(() => { void begin(false).then(register); }, []);

  return { screen, look, asked, end, trouble, link, lasting, net, recheck, mayHelp, revealed, lossCode, proving, busyPin, others, hasPin, pinAlone, owes: owed.current !== undefined, bridge: bridge.current, typed: typed.current, carried, takeover, orders, price, proven, setLink, again, run, go: (to: Screen) => { setTrouble(undefined); setRevealed(undefined); setLossCode(undefined); go(to); },
    reveal: () => proven(async () => {
      setRevealed((await open()).reveal());
      if (look!.cards.at(-1)!.changed) await changing((wallet) => wallet.seen());
    }),
    keepHistory: (on: boolean) => changing((wallet) => wallet.history(on)).catch(() => setTrouble(problem('unknown'))),
    /** A file that its holder saves. */
    exportHistory: () => proven(async () => {
      const url = URL.createObjectURL(new Blob([await (await open()).exported()], { type: 'application/jose' })), a = document.createElement('a');
      a.href = url;
      a.download = `jumin-history-${new Date().toISOString().slice(0, 10)}.jws`;
      a.click();
      URL.revokeObjectURL(url);
    }),
    lock: () => changing((wallet) => wallet.lock(true)).then(() => go('home'), () => setTrouble(problem('unknown'))),
    unlockCard: () => proven(() => changing((wallet) => wallet.lock(false))),
    hide: () => setRevealed(undefined),
    forget: (event: number) => proven(() => changing((wallet) => wallet.forget(event))),
    /** D-270: by the code, like from anybody, and without a proof. Heard, its copies go here, too. */
    report: (what: Lost) => {
      setTrouble(undefined);
      go('working');
      return alone(async () => {
        const v = vault.current;
        try {
          const { issuer, loss_code } = (await open()).loss(), got = await call('issuer.LOSS', { loss_code, what }, [], { base: `${issuer.replace(/\/$/, '')}/` });
          if (vault.current !== v) return;
          if (!got.ok) {
            setTrouble(got.problem);
            go('lost');
            return;
          }
          const done = await (await open()).run('lost', { korean: lang === 'ko' });
          if (vault.current !== v) return;
          setLook((await open()).look());
          setEnd({ ...done, op: 'lost', declined: false, reported: { ...got.answer, what } });
          go('done');
        } catch {
          if (vault.current !== v) return;
          setTrouble(problem('unknown'));
          go('lost');
        }
      });
    },
    /** The digits are the same: the tap, by the offer of whose bridge it is. */
    tap: () => void run('tap', bridge.current!.offer),
    /** They are not: it is somebody else's reader. */
    part: () => { leave('JM_CARD_BRIDGE_OVER'); setTrouble(problem('other-reader')); go('reader'); },
    /** D-223: has another phone asked for the card? Nobody is asked unless its holder wants to know: the issuer would learn when the wallet is opened. */
    lookTakeover: () => askTakeover({}),
    sayTakeover: (decision: 'yes' | 'no') => proven(() => askTakeover({ decision })),
    /** D-250: of its own phone nothing more is asked than its holder. */
    renew: () => proven(() => run('renew')),
    showOrders: () => void askOrders(),
    /** What it costs is said before anything is ordered. */
    priceOrder: (kind: string) => void inquire([['order-price', { kind }]], (told) => { setPrice(told ? { ...told as Price, kind } : undefined); go('orders'); }),
    unprice: () => setPrice(undefined),
    /** Asked again it is the same order, until it was heard. */
    placeOrder: (kind: string) => proven(() => askOrders(['order', { order: placing.current ??= [...crypto.getRandomValues(new Uint8Array(16))].map((o) => o.toString(16).padStart(2, '0')).join(''), kind }])),
    cancelOrder: (order: string) => proven(() => askOrders(['order-cancel', { order }])),
    showLoss: () => proven(async () => setLossCode((await open()).loss())),
    /** What went wrong was seen. */
    settle: () => setTrouble(undefined),
    unlockByPin: (pin: string) => byPin(async () => {
      const { k, raw } = await tryPin(pin);
      vault.current = await Vault.opened(k, raw);
      await enter();
    }),
    proveByPin: (pin: string) => byPin(async () => {
      const { raw } = await tryPin(pin), { then } = proving!;
      setProving(undefined);
      try { await then(raw); } finally { raw.fill(0); }
    }),
    proveNot: () => { setTrouble(undefined); setProving(undefined); },
    setPin: (pin: string) => byPin(async () => {
      const v = vault.current!, wallet = await open(), fault = wallet.pinFault(pin);
      if (fault !== '') throw new Refused(problem(`pin-${fault}`));
      const change = async (raw: Octets) => {
        await newPin(pin, wallet, raw, v.kept.second, (s) => keepSecond(v.kept, s));
        raw.fill(0);
        setHasPin(true);
        if (!owed.current) { go('care'); return; }
        owed.current.fill(0);
        owed.current = undefined;
        await enter();
      };
      if (owed.current) { // the tenth try was the proof
        await change(owed.current.slice());
        return;
      }
      if (!hasPasskey(v.kept)) { // the PIN of before is the proof
        setProving({ then: change });
        return;
      }
      const raw = await v.raw().catch(() => undefined);
      if (!raw) throw new Refused(problem('no-passkey'));
      await change(raw);
    }),
    /** A wallet of a device without passkeys. Before its PIN opens it there is nothing to lose. */
    setUpByPin: (pin: string) => byPin(async () => {
      const raw = crypto.getRandomValues(new Uint8Array(32)), v = vault.current = await Vault.byPinAlone(raw.slice(), await trustSet(PATIENCE_MS).catch((e: unknown) => { throw new Refused(problem(unheard(e))); }));
      try {
        await navigator.storage?.persist?.();
        const wallet = await open(), fault = wallet.pinFault(pin);
        if (fault !== '') throw new Refused(problem(`pin-${fault}`));
        await newPin(pin, wallet, raw, undefined, (s) => keepSecond(v.kept, s));
      } catch (e) {
        if (!v.kept.second) {
          vault.current = undefined;
          await discard();
          throw e;
        }
      } finally { raw.fill(0); }
      setHasPin(true);
      setPinAlone(true);
      await enter();
    }),
    /** Its PIN is locked, and there is no passkey: another wallet, and another card (D-357). */
    startOver: async () => {
      setTrouble(undefined);
      shut();
      go('loading');
      await alone(discard); // behind what is still in hand
      kept.current = undefined;
      setHasPin(false);
      setPinAlone(false);
      go('ready');
    },
    takeOver: () => begin(true),
    setUp: (name: string) => passkey(async () => {
      const trust = await trustSet(PATIENCE_MS);
      await navigator.storage?.persist?.();
      return Vault.create(name, trust);
    }),
    unlock: () => passkey(() => Vault.unlock(kept.current!)) };
}
export type W = ReturnType<typeof useWallet>;
