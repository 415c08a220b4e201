// SPDX-License-Identifier: Apache-2.0
// A card without a visit in the wallet's page: an IC card at `jumin card bridge`, its code scanned or pasted, two digits on both screens, the
// card's PIN typed on the phone; what goes wrong says what, and what next; another phone waits for its owner's word. By keyboard, both languages.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { at, heard, inside, program, reread, run } from './_country.mjs';
import { browse, screen } from './_browser.mjs';
import { around, button, heading, press, stored, texts, word } from './_wallet.mjs';

const PIN = '482915';
const readers = [];
const sql = (what) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=10); c.execute(sys.argv[2]); c.commit()', at('a/issuer/issuer.db'), what]);
/* `jumin card bridge` as whoever stands beside it sees it. */
async function reader(chip, by = `memory:${at(chip)}`, ...more) {
  const child = spawn(program, ['--home', at('a'), 'card', 'bridge', '--reader', by, '--json', '--quiet', ...more], { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close'), input = createInterface(child.stdout)[Symbol.asyncIterator](), r = { child };
  let last;
  readers.push(child);
  r.line = async () => { const { value, done } = await input.next(); assert.ok(!done); last = value; return JSON.parse(value); };
  /** How it ended: '' for well, else a code. */
  r.end = async () => {
    for (let n = await input.next(); !n.done; n = await input.next()) last = n.value;
    const [exit] = await ended, code = JSON.parse(last).error?.code ?? '';
    assert.equal(exit === 0, code === '', last);
    return code;
  };
  r.code = (await r.line()).code;
  return r;
}

await inside(async (country) => {
  const { base, citizens } = country, w = await around(country), said = (look, code) => JSON.parse(readFileSync(new URL(`../../i18n/${look.lang}.json`, import.meta.url), 'utf8')).code[code];
  writeFileSync(at('pin'), `${PIN}\n`, { mode: 0o600 });
  const chip = (who, name) => {
    run('a', 'register', 'event', 'plastic-replaced', '--person', who.person, '--kind', 'ic', '--authority', who.plastic.authority, '--reason', 'natural_wear');
    return JSON.parse(run('a', 'card', 'make', '--person', who.person, '--pin-file', at('pin'), '--out', at(name), '--json'));
  };
  /* From the home screen to the two digits. */
  const meet = async (page, r) => {
    await press(page, 'wallet.by-card');
    await heading(page, 'wallet.by-card');
    await press(page, 'wallet.reader-scan');
    await w.give(page, r.code);
    await heading(page, 'wallet.reader-sign');
    assert.equal(await page.textContent('.sign'), (await r.line()).sign);
  };
  const trouble = (page, code) => page.getByRole('alert').getByRole('heading', { name: said(page.look, code), exact: true }).waitFor();

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const who = citizens[look.lang === 'ko' ? 0 : 1], { can, serial } = chip(who, `chip-${look.lang}`), own = `chip-${look.lang}`;
      const page = await w.wallet(browser, look);

      // -- explained; codes that lead nowhere
      await press(page, 'wallet.by-card');
      await heading(page, 'wallet.by-card');
      await screen(page, 'tap-1-reader');
      await press(page, 'wallet.reader-scan');
      await w.give(page, `jumin-bridge:id.example/${'A'.repeat(22)}`);
      await trouble(page, 'JM_CARD_BRIDGE_ISSUER');
      await screen(page, 'tap-2-foreign');
      await press(page, 'wallet.reader-scan');
      await w.give(page, `jumin-bridge:${new URL(base.issuer).host}/${'A'.repeat(22)}`);
      await trouble(page, 'JM_CARD_BRIDGE_OVER');
      await screen(page, 'tap-2-over');
      await press(page, 'ui.back');
      await heading(page, 'wallet.empty');

      // -- somebody else's digits: nothing goes there, and the reader hears it
      const theirs = await reader(own);
      await meet(page, theirs);
      await screen(page, 'tap-3-sign');
      await press(page, 'wallet.not-same');
      await page.getByRole('heading', { name: texts[look.lang].ui['other-reader'], exact: true }).waitFor();
      await screen(page, 'tap-3-not-same');
      assert.equal(await theirs.end(), 'JM_CARD_BRIDGE_OVER');
      await press(page, 'wallet.reader-scan');
      await w.give(page, theirs.code); // a code is good once
      await trouble(page, 'JM_CARD_BRIDGE_OVER');
      await page.goBack();
      await heading(page, 'wallet.empty');

      // -- back, a reload, and "stop" lose nothing: it is begun again
      for (const leave of [() => page.goBack(), async () => { await page.reload(); await press(page, 'wallet.unlock'); }]) {
        const left = await reader(own);
        await meet(page, left);
        await leave();
        await heading(page, 'wallet.empty');
        assert.equal(await left.end(), 'JM_CARD_BRIDGE_OVER');
      }
      const stopped = await reader(own);
      await meet(page, stopped);
      await press(page, 'wallet.same');
      await heading(page, 'wallet.card-pin');
      await screen(page, 'tap-4-pin');
      await press(page, 'wallet.stop');
      await heading(page, 'wallet.empty');
      assert.notEqual(await stopped.end(), '');

      // -- the tap, by keyboard alone: too short, wrong, wrong again, the digits on the card, then the ID
      copyFileSync(at(own), at(`tried-${look.lang}`));
      const r = await reader(`tried-${look.lang}`);
      await meet(page, r);
      await button(page, 'wallet.same').focus();
      await page.keyboard.press('Enter');
      await heading(page, 'wallet.card-pin');
      const type = async (name, digits) => {
        for (let i = 0; i < 20 && !(await page.evaluate((n) => document.activeElement?.id === n, name)); i++) await page.keyboard.press('Tab');
        await page.keyboard.type(digits);
      };
      await type('card-pin', '48291');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: texts[look.lang].ui['pin-form'], exact: true }).waitFor();
      await page.fill('#card-pin', '');
      await type('card-pin', '000000');
      await page.keyboard.press('Enter');
      await trouble(page, 'JM_CARD_PIN_WRONG');
      await page.getByText(texts[look.lang].wallet['card-tries'].replace('{n}', '2')).waitFor();
      await screen(page, 'tap-5-wrong');
      await type('card-pin', '111111');
      await page.keyboard.press('Enter');
      await page.getByText(texts[look.lang].wallet['card-tries'].replace('{n}', '1')).waitFor();
      await type('card-pin', PIN);
      await page.keyboard.press('Enter');
      await heading(page, 'wallet.card-can');
      await trouble(page, 'JM_CARD_PIN_NEEDS_CAN');
      await screen(page, 'tap-6-can');
      await type('card-can', can === '000000' ? '000001' : '000000');
      await page.keyboard.press('Enter');
      await trouble(page, 'JM_CARD_CAN_WRONG');
      await type('card-can', can);
      await page.keyboard.press('Enter');
      await heading(page, 'wallet.received');
      await screen(page, 'tap-7-received');
      assert.equal(await r.end(), '');
      const kept = JSON.stringify(await stored(page));
      for (const secret of [PIN, can]) assert.ok(!kept.includes([...Buffer.from(secret)].join()), 'nothing typed is kept');
      await press(page, 'wallet.to-home');
      await heading(page, 'wallet.home');

      // -- a card that is taken away and comes back; one that is blocked; one that is lost
      assert.doesNotMatch(heard(), new RegExp(`${PIN}|${can}|${serial}`));
      copyFileSync(at(own), at(`blocked-${look.lang}`));
      const shut = await reader(`blocked-${look.lang}`);
      await meet(page, shut);
      await press(page, 'wallet.same');
      for (const n of ['2', '1']) {
        await page.fill('#card-pin', '000000');
        await press(page, 'wallet.next');
        await page.getByText(texts[look.lang].wallet['card-tries'].replace('{n}', n)).waitFor();
      }
      await page.fill('#card-pin', '000000');
      await press(page, 'wallet.next');
      await heading(page, 'wallet.card-can');
      await page.fill('#card-can', can);
      await press(page, 'wallet.next');
      await trouble(page, 'JM_CARD_PIN_BLOCKED');
      await screen(page, 'tap-8-blocked');
      assert.equal(await shut.end(), 'JM_CARD_PIN_BLOCKED');
      await press(page, 'wallet.to-home');
      await heading(page, 'wallet.home');

      // taken away before it was read, and held there again: what was typed is not typed once more
      const port = await new Promise((done) => { const s = createServer().listen(0, '127.0.0.1', () => { const p = s.address().port; s.close(() => done(p)); }); });
      const hold = () => { const c = spawn(program, ['--home', at('a'), 'card', 'run', at(own), '--vpcd', `127.0.0.1:${port}`, '--wait', '20'], { stdio: 'ignore' }); readers.push(c); return c; };
      const held = hold(), pulled = await reader('', `vpcd:${port}`, '--wait', '3');
      await meet(page, pulled);
      await press(page, 'wallet.same');
      await heading(page, 'wallet.card-pin');
      const went = once(held, 'exit');
      held.kill('SIGKILL');
      await went;
      await page.fill('#card-pin', PIN);
      await press(page, 'wallet.next');
      await heading(page, 'wallet.card-back');
      await trouble(page, 'JM_CARD_REMOVED');
      await screen(page, 'tap-8-back');
      hold();
      await press(page, 'wallet.next');
      await heading(page, 'wallet.received');
      assert.equal(await pulled.end(), '');
      await press(page, 'wallet.to-home');

      // -- plastic on order: what it costs, one at a time, cancelled (D-070)
      await press(page, 'wallet.care');
      await press(page, 'wallet.orders-look');
      await heading(page, 'wallet.orders');
      await screen(page, 'order-1-none');
      await page.getByLabel(word(page, 'wallet.order-braille'), { exact: true }).check();
      await press(page, 'wallet.order-look');
      await page.getByText(word(page, 'wallet.order-price-lead')).waitFor();
      const priced = await page.locator('dl.facts').innerText();
      assert.ok(priced.includes(word(page, 'wallet.order-braille')) && priced.includes('5,000'), priced);
      await screen(page, 'order-2-price');
      await press(page, 'ui.back'); // not yet: another kind may be looked at
      await press(page, 'wallet.order-look');
      await press(page, 'wallet.order-place');
      await page.getByText(word(page, 'wallet.order-one')).waitFor();
      const ordered = await page.locator('ul.history').innerText();
      assert.ok(ordered.includes(word(page, 'wallet.order-braille')) && ordered.includes('5,000'), ordered);
      assert.equal(await button(page, 'wallet.order-place').count(), 0);
      await screen(page, 'order-3-ordered');
      await press(page, 'wallet.order-cancel');
      await button(page, 'wallet.order-look').waitFor();
      await screen(page, 'order-4-cancelled');
      await press(page, 'ui.back');
      await press(page, 'ui.back');
      await heading(page, 'wallet.home');

      // -- its last ninety days: renewed on this phone, and nobody is visited (D-250)
      sql('UPDATE card SET expires = expires - 3 * 365 * 86400 + 10 * 86400 WHERE state = 2'); // nobody waits three years
      for (let i = 0; i < 3; i++) { // until it wants fresh copies, which say so
        const one = await w.ask();
        await press(page, 'wallet.show');
        await w.give(page, one.invocation);
        await press(page, 'wallet.agree');
        await heading(page, 'wallet.shown');
        await press(page, 'wallet.to-home');
      }
      await press(page, 'wallet.refresh');
      await press(page, 'wallet.to-home');
      await press(page, 'wallet.mine'); // what has changed is looked at
      await press(page, 'wallet.hide');
      await page.getByText(word(page, 'wallet.next-renew'), { exact: true }).waitFor();
      await screen(page, 'renew-1-due');
      await press(page, 'wallet.renew');
      await heading(page, 'wallet.received');
      await screen(page, 'renew-2-done');
      await press(page, 'wallet.to-home');
      await button(page, 'wallet.show').waitFor();
      assert.equal(await button(page, 'wallet.renew').count(), 0);

      // -- another phone: it waits, the owner looks, and says yes, or no (D-223)
      const conf = readFileSync(at('a/jumin.conf'), 'utf8');
      writeFileSync(at('a/jumin.conf'), conf.replace('[issuer]\n', '[issuer]\ntap.cooldown = 3600\n'));
      await reread();
      const second = await w.wallet(browser, look), tap = async (name) => {
        const by = await reader(name);
        await meet(second, by);
        await press(second, 'wallet.same');
        await second.fill('#card-pin', PIN);
        await press(second, 'wallet.next');
        return by;
      };
      const waits = await tap(own);
      await trouble(second, 'JM_CARD_COOLDOWN');
      assert.match(await second.textContent('[role=alert]'), /60/);
      await screen(second, 'tap-9-cooldown');
      assert.equal(await waits.end(), 'JM_CARD_COOLDOWN');
      await press(second, 'wallet.to-home');
      await press(page, 'wallet.care');
      await screen(page, 'tap-10-care');
      await press(page, 'wallet.takeover-look');
      await heading(page, 'wallet.home');
      await screen(page, 'tap-10-waits');
      const yes = look.lang === 'ko';
      await press(page, yes ? 'wallet.takeover-yes' : 'wallet.takeover-no');
      await page.getByRole('region', { name: word(page, 'wallet.takeover') }).waitFor({ state: 'detached' });
      const next = await tap(own);
      if (yes) await heading(second, 'wallet.received');
      else await trouble(second, 'JM_CARD_COOLDOWN'); // for the day
      assert.equal(await next.end(), yes ? '' : 'JM_CARD_COOLDOWN');
      await press(second, 'wallet.to-home');
      const has = yes ? second : page;
      await press(has, 'wallet.care');
      await press(has, 'wallet.takeover-look');
      await has.getByText(word(has, 'wallet.takeover-none')).waitFor();
      writeFileSync(at('a/jumin.conf'), conf);
      await reread();

      run('a', 'register', 'event', 'plastic-lost', '--person', who.person);
      const gone = await w.wallet(browser, look), by = await reader(own);
      await meet(gone, by);
      await press(gone, 'wallet.same');
      await gone.fill('#card-pin', PIN);
      await press(gone, 'wallet.next');
      await trouble(gone, 'JM_CARD_LOST');
      await screen(gone, 'tap-11-lost');
      assert.equal(await by.end(), 'JM_CARD_LOST');
      for (const p of [page, second, gone]) await p.context().close();
    }
  });
  for (const child of readers) if (child.exitCode === null) child.kill('SIGTERM');
});
