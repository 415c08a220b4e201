#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The pages as people wait for them, in Debian's Chromium on loopback: size of each bundle; from opening the wallet to a "Show" that can be
// pressed, on a processor slowed four times; from a picture with a QR to the consent; from consent to the word on the counter. Median of ROUNDS.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../', import.meta.url)), ROUNDS = Number(process.env.ROUNDS ?? 5);
process.env.JUMIN ??= `${root}build/release/jumin`;
const { at, inside } = await import('../tests/e2e/_country.mjs');
const { browse, open, phone } = await import('../tests/e2e/_browser.mjs');
const { around, button, heading, press } = await import('../tests/e2e/_wallet.mjs');
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const tell = (what, ms, limit) => console.log(`pages_${what.padEnd(34)} ${Math.round(median(ms)).toString().padStart(5)} ms (${ms.map((m) => Math.round(m)).join(' ')}), wanted ${limit} at most`);

const out = `${root}build/release/web/pages`;
for (const name of readdirSync(out).sort()) {
  const octets = readFileSync(`${out}/${name}`);
  console.log(`pages_size ${name.padEnd(26)} ${String(statSync(`${out}/${name}`).size).padStart(8)} octets, ${String(gzipSync(octets).length).padStart(7)} by gzip`);
}

await inside(async (country) => {
  const w = await around(country), key = readFileSync(at('age.key'), 'utf8').trim();
  await browse(async (browser) => {
    const mine = await w.wallet(browser), counter = await phone(browser);
    await w.card(mine, country.citizens[0]);
    await open(counter, `${country.base.verifier}/check#key=${key}`);
    await counter.waitForSelector('.claims');

    // -- a picture of the QR → consent → the counter's word
    const seen = [], word = [];
    for (let i = 0; i < ROUNDS && i < 4; i++) { // a card has five copies
      await counter.click('.deeds .deed');
      await counter.waitForSelector('.qr');
      await counter.locator('.qr').screenshot({ path: at('qr.png') });
      await press(mine, 'wallet.show');
      await mine.waitForSelector('input[type=file]', { state: 'attached' });
      let from = performance.now();
      await mine.setInputFiles('input[type=file]', at('qr.png'));
      await mine.waitForSelector('.claims');
      seen.push(performance.now() - from);
      from = performance.now();
      await press(mine, 'wallet.agree');
      await counter.waitForSelector('.verdict.accepted');
      word.push(performance.now() - from);
      await heading(mine, 'wallet.shown');
      await press(mine, 'wallet.to-home');
      await mine.waitForSelector('.face');
    }
    // -- opened, unlocked by a passkey that answers at once, usable
    const ready = [], cdp = await mine.context().newCDPSession(mine);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    for (let i = 0; i < ROUNDS; i++) {
      await mine.goto('about:blank');
      const from = performance.now();
      await mine.goto(w.url, { waitUntil: 'commit' });
      await button(mine, 'wallet.unlock').click();
      await button(mine, 'wallet.show').waitFor();
      ready.push(performance.now() - from);
    }
    tell('open_to_show_slowed_4_times', ready, 1000);
    tell('picture_to_consent', seen, 500);
    tell('consent_to_result', word, 500);
  });
});
