// SPDX-License-Identifier: Apache-2.0
// The desk in a clerk's browser, served by the issuer and driven by keyboard: a passkey by the operator's link, once; signing in and out.
import assert from 'node:assert/strict';
import { inside, run } from './_country.mjs';
import { browse, desktop, open, passkey, screen } from './_browser.mjs';

await inside(async ({ base }) => {
  const desk = `${base.issuer.replace('127.0.0.1', 'localhost')}/desk`; // passkeys are of names, not of numbers
  const link = (name) => JSON.parse(run('a', 'staff', 'enrol', name, '--json')).link;

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await desktop(browser, look);
      await passkey(page);

      // -- a passkey, by a link that works once and does not stay in sight
      const once = link('kim');
      assert.ok(once.startsWith(`${desk}#enrol=`), once);
      await open(page, once);
      await page.waitForSelector('.deed');
      assert.equal(page.url(), desk);
      await screen(page, 'desk-1-enrol');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.box.good');
      await screen(page, 'desk-2-enrolled');

      // -- signed in: by a cookie that no script reads
      await page.focus('.deed');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.clerk');
      const [cookie] = await page.context().cookies();
      assert.deepEqual([cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], ['__Host-jumin-desk', true, true, 'Strict', '/']);
      assert.equal(await page.evaluate(() => document.cookie), '');
      await page.reload();
      await page.waitForSelector('.clerk');

      // -- the link is used
      await open(page, once);
      await page.reload();
      await page.goto('about:blank');
      await open(page, once);
      await page.waitForSelector('.deed');
      await page.click('.deed');
      await page.waitForSelector('text=JM_STAFF_ENROL_LINK');
      await screen(page, 'desk-3-link-used');

      // -- signed out, and in again
      await page.goto('about:blank');
      await open(page, desk);
      await page.click('.clerk button');
      await page.waitForSelector('.deed');
      assert.deepEqual(await page.context().cookies(), []);
      await screen(page, 'desk-4-sign-in');
      await page.click('.deed');
      await page.waitForSelector('.clerk');

      // -- who does not prove themselves does not come in
      const other = await desktop(browser, look);
      await passkey(other, false);
      await open(other, desk);
      await other.click('.deed');
      await other.waitForSelector('[role=alert]');
      await screen(other, 'desk-5-no-passkey');
      await other.context().close();
      await page.context().close();
    }
  });
});
