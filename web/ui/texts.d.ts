// SPDX-License-Identifier: Apache-2.0
declare module 'texts:*' {
  interface Texts { web: Record<string, string>; code: Record<string, [string, string]> }
  const all: { ko: Texts; en: Texts };
  export default all;
}
declare module '*.css';
