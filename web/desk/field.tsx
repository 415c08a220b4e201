// SPDX-License-Identifier: Apache-2.0
/* What a clerk types. */
import { useEffect, useRef } from 'preact/hooks';

/** 20200304 and 2020.3.4 as people type them: YYYY-MM-DD; what is no date goes as it is, and is refused by the issuer. */
export function dateOf(typed: string): string {
  const parts = typed.trim().split(/[^0-9]+/).filter((x) => x !== '');
  const [y = '', m = '', d = ''] = parts.length === 1 && parts[0]?.length === 8 ? [parts[0].slice(0, 4), parts[0].slice(4, 6), parts[0].slice(6)] : parts;
  return `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
}

export function Text({ name, label, hint, value, onInput, wrong, max, digits, secret, first }: {
  name: string; label: string; hint: string; value: string; onInput: (v: string) => void; wrong?: string | undefined; max: number; digits?: boolean; secret?: boolean; first?: boolean;
}) {
  const at = useRef<HTMLInputElement>(null);
  useEffect(() => { if (first) at.current?.focus(); }, []);
  return <div class="field">
    <label for={name}>{label}</label>
    <small id={`${name}-hint`}>{hint}</small>
    <input ref={at} id={name} name={name} value={value} maxLength={max} autocomplete="off" class="plain-text" inputMode={digits ? 'numeric' : 'text'} spellcheck={false} autocapitalize="none"
      data-secret={secret ? '' : undefined} aria-describedby={`${name}-hint${wrong ? ` ${wrong}` : ''}`} aria-invalid={wrong ? 'true' : 'false'} onInput={(e) => onInput(e.currentTarget.value)} />
  </div>;
}

export function Tick({ name, label, value, onInput }: { name: string; label: string; value: boolean; onInput: (v: boolean) => void }) {
  return <label class="tick" for={name}><input type="checkbox" id={name} checked={value} onChange={(e) => onInput(e.currentTarget.checked)} /><span>{label}</span></label>;
}
