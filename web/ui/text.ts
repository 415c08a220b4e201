// SPDX-License-Identifier: Apache-2.0
/* Texts of a page in the language that is spoken. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { By, TextKey } from '@contract';
import { particle } from './particle';

export type Lang = 'ko' | 'en';
type Texts = { web: Record<string, string>; code: Record<string, [string, string, By, boolean]> };
export type All = Record<Lang, Texts>;

export interface Speech { lang: Lang; all: All; speak: (lang: Lang) => void }
export const Spoken = createContext<Speech>(null as unknown as Speech);

export function firstLang(): Lang {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked === 'ko' || asked === 'en') return asked;
  return navigator.languages.find((l) => /^(ko|en)\b/.test(l))?.startsWith('en') ? 'en' : 'ko';
}

export function useText() {
  const { lang, all } = useContext(Spoken);
  const t = (key: TextKey, holes: Record<string, string> = {}) =>
    (all[lang].web[key] ?? key).replace(/\{([a-z0-9_.]+)(?::([^/}]+)\/([^}]+))?\}/g, (whole, name: string, after?: string, vowel?: string) => {
      const value = holes[name];
      return value === undefined ? whole : after && vowel ? value + particle(value, after, vowel) : value;
    });
  return { lang, all, t, code: (name: string) => all[lang].code[name] };
}
