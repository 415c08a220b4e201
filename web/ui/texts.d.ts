// SPDX-License-Identifier: Apache-2.0
declare module 'texts:*' {
  import type { By } from '@contract';
  interface Texts { web: Record<string, string>; code: Record<string, [string, string, By, boolean]> }
  const all: { ko: Texts; en: Texts };
  export default all;
}
declare module '*.css';
declare module 'files:*' {
  const files: readonly (readonly [path: string, hash: string, first: boolean])[];
  export default files;
}
