// SPDX-License-Identifier: Apache-2.0
/* D-472: as src/host/i18n/particle.c says it; tests/unit/host/particles.json is tried on both. */

/** The form that follows @p text, of those after a consonant and after a vowel; both where nobody knows how it ends. */
export function particle(text: string, after: string, vowel: string): string {
  const end = text.replace(/[ "'.,!?:;)\]}>\u2019\u201d\u300b\u300d\u300f\u3011]+$/, ''), c = end.charCodeAt(end.length - 1), last = (c - 0xac00) % 28;
  const hangul = c >= 0xac00 && c <= 0xd7a3;
  if (!hangul && !(c < 0x80)) return `${after}/${vowel}`;
  const rieul = hangul ? last === 8 : /[178LlR]$/.test(end), other = hangul ? last !== 0 && !rieul : /[036MmNn]$|[nN][gG]$/.test(end);
  return other || (rieul && !after.startsWith('으로')) ? after : vowel;
}
