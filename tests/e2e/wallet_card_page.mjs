// SPDX-License-Identifier: Apache-2.0
// The card on its phone: its holder's details only after proof and for 30 s; fresh copies at a drawn time, not after a showing; a loss that was
// reported elsewhere, learnt when the wallet opens and before consent; another phone that took its place; deleted for good. The history stays.
import assert from 'node:assert/strict';
import { at, inside, run } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, cancelled, heading, passkey, press, ready, word } from './_wallet.mjs';

/* Timers of half a minute and more wait for the test. */
const hold = () => {
  const real = globalThis.setTimeout;
  globalThis.late = [];
  globalThis.setTimeout = (f, ms, ...more) => (ms >= 30000 ? globalThis.late.push({ f, ms }) && -globalThis.late.length : real(f, ms, ...more));
  const clear = globalThis.clearTimeout;
  globalThis.clearTimeout = (id) => { if (id < 0) globalThis.late[-id - 1].gone = true; else clear(id); };
};
const late = (page) => page.evaluate(() => globalThis.late.filter((x) => !x.gone).map((x) => x.ms));
const fire = (page, least) => page.evaluate((n) => { for (const x of globalThis.late.filter((y) => !y.gone && y.ms >= n)) { x.gone = true; x.f(); } }, least);

await inside(async (country) => {
  const { base, citizens, post } = country, w = await around(country), as = ['--as', at('kim.key')];
  const show = async (page) => {
    const asked = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    return asked;
  };
  const left = async (page) => Number(/\d+/.exec(await page.textContent('.face-left'))[0]);
  /* The publisher takes its second: the wallet is opened until it has heard. */
  const opened = async (page, what) => {
    for (let i = 0; i < 20; i++) {
      const [answer] = await Promise.all([page.waitForResponse((r) => r.url().startsWith(base.status)), page.reload().then(() => press(page, 'wallet.unlock'))]);
      await answer.finished();
      if (await page.locator(what).waitFor({ timeout: 1500 }).then(() => true, () => false)) return;
    }
    assert.fail(`${what} never came`);
  };

  await browse(async (browser) => {
    const page = await phone(browser, { reach: w.reach });
    await page.addInitScript(hold);
    await passkey(page);
    await open(page, w.url);
    await ready(page);
    await press(page, 'wallet.make');
    await heading(page, 'wallet.empty');
    const who = citizens[0], loss = await w.card(page, who);
    await page.waitForSelector('.face');

    // -- masked; shown to who proves it, and hidden again
    assert.ok(!(await page.textContent('main')).includes(who.name));
    await cancelled(page);
    await press(page, 'wallet.mine');
    await page.waitForSelector('[role=alert]');
    assert.equal(await page.locator('.revealed').count(), 0);
    await press(page, 'wallet.mine');
    await page.waitForSelector('.revealed');
    const text = await page.textContent('.revealed');
    for (const part of [...who.name.replace(/\s/g, '')]) assert.ok(text.includes(part), `${who.name} in ${text}`);
    assert.ok(await page.evaluate(async () => { const i = document.querySelector('.revealed img'); await i.decode(); return i.naturalWidth > 50; }), 'the portrait');
    await screen(page, 'card-1-revealed');
    assert.deepEqual(await late(page), [30000]);
    await fire(page, 30000);
    await page.waitForFunction(() => !document.querySelector('.revealed'));
    await press(page, 'wallet.real');
    await screen(page, 'card-2-real');
    await press(page, 'ui.back');

    // -- copies: shown until few are left; nothing is fetched then, but at a time that was drawn
    const refreshes = [];
    page.on('request', (r) => { if (r.url().endsWith('/credential') && r.method() === 'POST') refreshes.push(r.url()); });
    for (let n = 5; n > 2; n--) {
      assert.equal(await left(page), n);
      await show(page);
      await press(page, 'wallet.agree');
      await heading(page, 'wallet.shown');
      await press(page, 'wallet.to-home');
    }
    assert.equal(await left(page), 2);
    await page.getByText(word(page, 'wallet.means-low')).waitFor();
    await screen(page, 'card-3-low');
    assert.deepEqual(refreshes, []);
    const [drawn, ...others] = await late(page);
    assert.ok(others.length === 0 && drawn >= 60_000 && drawn <= 600_000, `${drawn}`);
    await fire(page, 60_000);
    await page.waitForFunction(() => /5/.test(document.querySelector('.face-left').textContent));
    assert.ok(refreshes.length > 0);

    // -- its loss is reported from elsewhere: known at the next consent, before anybody is asked; and when it is opened
    await press(page, 'wallet.care');
    await press(page, 'wallet.lost-code');
    await page.waitForSelector('.loss-code');
    assert.equal(await page.textContent('.loss-code'), loss);
    assert.equal(await page.textContent('.address'), `${base.issuer}/loss`);
    await screen(page, 'card-4-care');
    await press(page, 'ui.back');
    assert.equal((await post(base.issuer, '/loss', JSON.stringify({ loss_code: loss, what: 'phone' }))).effect, 'paused');
    await opened(page, '.face.off');
    await page.getByText('정지되었으면 주민센터에서').waitFor();
    assert.equal(await button(page, 'wallet.show').count(), 0);
    await screen(page, 'card-5-off');
    run('a', 'desk', 'resume', ...as, '--person', who.person, '--issue-date', who.plastic.issue_date, '--authority', who.plastic.authority, '--json');
    await press(page, 'wallet.look-again');
    await press(page, 'wallet.to-home');
    await page.waitForSelector('.face:not(.off)');
    assert.equal((await post(base.issuer, '/loss', JSON.stringify({ loss_code: loss, what: 'phone' }))).effect, 'paused');
    for (let i = 0; ; i++) { // known bad, it is not shown
      const asked = await show(page);
      await page.waitForSelector('.claims, [role=alert]');
      if (await page.locator('[role=alert]').count()) {
        await screen(page, 'card-6-not-shown');
        assert.equal((await w.result(asked.id)).state, 'FETCHED', 'nobody heard of it');
        break;
      }
      assert.ok(i < 20);
      await press(page, 'wallet.decline');
      await press(page, 'wallet.to-home');
    }
    await press(page, 'wallet.to-home');
    await page.waitForSelector('.face.off');
    run('a', 'desk', 'resume', ...as, '--person', who.person, '--issue-date', who.plastic.issue_date, '--authority', who.plastic.authority, '--json');
    await press(page, 'wallet.look-again');
    await press(page, 'wallet.to-home');
    await page.waitForSelector('.face:not(.off)');

    // -- another phone took its place: this one hears it, says why, keeps its history
    const other = await w.wallet(browser, { lang: 'en', theme: 'dark' });
    const newer = await w.card(other, who);
    await opened(page, '.face.off');
    await page.getByText('지금 신분증이 있는 휴대전화를 쓰거나').waitFor();
    await screen(page, 'card-7-moved');
    await press(page, 'wallet.history');
    assert.ok(await page.locator('.history li').count() >= 5);
    await page.context().close();

    // -- deleted: only by who proves it, and after a second look; the history stays
    await press(other, 'wallet.care');
    await press(other, 'wallet.delete');
    await heading(other, 'wallet.delete-sure');
    await screen(other, 'card-8-delete');
    await cancelled(other);
    await press(other, 'wallet.delete-yes');
    await other.waitForSelector('[role=alert]');
    await press(other, 'wallet.delete-no');
    await other.getByText(word(other, 'wallet.delete-kept')).waitFor();
    await press(other, 'wallet.to-home');
    await other.waitForSelector('.face');
    await press(other, 'wallet.care');
    await press(other, 'wallet.delete');
    await press(other, 'wallet.delete-yes');
    await other.getByText(word(other, 'wallet.delete-done')).waitFor();
    await press(other, 'wallet.to-home');
    await heading(other, 'wallet.empty');
    const after = await post(base.issuer, '/loss', JSON.stringify({ loss_code: newer, what: 'phone' }));
    assert.notEqual(after.effect, 'paused', JSON.stringify(after)); // it has ended at the issuer's, too
    await press(other, 'wallet.history');
    await other.getByText('deleted').waitFor();
    await other.context().close();

    // -- its copies' time is over, then its own: said, and not shown any more
    const old = await w.wallet(browser);
    await w.card(old, citizens[1]);
    for (const [days, state, shows] of [[30, 'spent', 1], [3 * 366, 'expired', 0]]) {
      await old.clock.setFixedTime(Date.now() + days * 86_400_000);
      await old.reload();
      await press(old, 'wallet.unlock');
      await old.getByText(word(old, `wallet.means-${state}`)).waitFor();
      assert.equal(await button(old, 'wallet.show').count(), shows);
      await screen(old, `card-9-${state}`);
    }
    await old.context().close();
  });
  run('a', 'audit', 'verify');
});
