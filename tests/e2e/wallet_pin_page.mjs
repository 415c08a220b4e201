// SPDX-License-Identifier: Apache-2.0
// D-357: a PIN as the second way into the wallet. Weak ones are refused with the reason; it opens, proves at consent, and lies nowhere; whoever has
// the disk can only have tries counted, and the holder hears of it; tries slow down, also over a restart of the provider; two tabs count once.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto';
import { inside, restart, run, send } from './_country.mjs';
import { browse, open, screen } from './_browser.mjs';
import { around, button, cancelled, heading, press, stored, texts, word } from './_wallet.mjs';

const PIN = '739251';

await inside(async (country) => {
  const { base, citizens, post } = country, w = await around(country);
  const type = async (page, pin, deed) => { await page.fill('#pin', pin); await press(page, deed); };
  const told = (page, key) => page.getByRole('heading', { name: word(page, key) }).waitFor();
  const door = async (page) => {
    await page.reload();
    await press(page, 'wallet.by-pin');
    await page.waitForSelector('#pin');
  };
  const tries = (message) => { const d = Buffer.from(message.d); return {
    async wrong(pin) {
      const { challenge } = await post(base.provider, '/provider/challenge', '{}'), v = pbkdf2Sync(pin, d, 600000, 32, 'sha256');
      const mac = createHmac('sha256', Buffer.from(hkdfSync('sha256', d, Buffer.alloc(0), 'auth', 32))).update('jumin-pin-try/1').update(Buffer.from(message.id, 'hex')).update(challenge).update(v).digest();
      return post(base.provider, '/provider/pin/try', JSON.stringify({ id: message.id, challenge, v: v.toString('base64url'), mac: mac.toString('base64url') }));
    } }; };

  await browse(async (browser) => {
    const page = await w.wallet(browser);
    await w.card(page, citizens[0]);
    await press(page, 'wallet.mine');
    const born = (await page.textContent('.revealed')).match(/\d{4}-\d\d-\d\d/)[0].replaceAll('-', '').slice(2);

    // -- chosen: what others try first is refused; without the passkey there is none
    await press(page, 'wallet.care');
    await press(page, 'wallet.new-pin');
    await heading(page, 'wallet.new-pin');
    for (const [pin, key] of [['12345', 'form'], ['111111', 'repeat'], ['123456', 'run'], [born, 'birth']]) {
      await type(page, pin, 'wallet.next');
      await told(page, `ui.pin-${key}`);
    }
    await screen(page, 'pin-1-weak');
    await cancelled(page);
    await type(page, PIN, 'wallet.next');
    await told(page, 'ui.no-passkey');
    await type(page, PIN, 'wallet.next');
    await page.getByText(word(page, 'wallet.pin-is')).waitFor();
    await screen(page, 'pin-2-set');

    // -- opens; a wrong one says how many are left
    await page.reload();
    await button(page, 'wallet.by-pin').waitFor();
    await screen(page, 'pin-3-door');
    await press(page, 'wallet.by-pin');
    await type(page, '739252', 'wallet.unlock');
    await told(page, 'ui.pin-wrong');
    assert.match(await page.textContent('[role=alert]'), /9/);
    await screen(page, 'pin-4-wrong');
    await type(page, PIN, 'wallet.unlock');
    await page.waitForSelector('.face');
    assert.equal(await page.locator('.box.bad').count(), 0, 'these tries were its own');

    // -- proves at consent: nothing goes before it
    const asked = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await press(page, 'wallet.agree');
    await heading(page, 'wallet.prove');
    await type(page, '000000', 'wallet.unlock');
    await told(page, 'ui.pin-wrong');
    assert.equal((await w.result(asked.id)).state, 'FETCHED');
    await screen(page, 'pin-5-prove');
    await type(page, PIN, 'wallet.unlock');
    await heading(page, 'wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');

    // -- who has the disk: PIN and wallet's key are not there; tries are counted, and told
    const seconds = () => page.evaluate(() => new Promise((ok) => { const r = indexedDB.open('jumin'); r.onsuccess = () => { const g = r.result.transaction('wallet').objectStore('wallet').get('one'); g.onsuccess = () => { r.result.close(); ok({ second: { id: g.result.second.id, d: [...g.result.second.d], tries: g.result.second.tries } }); }; }; }));
    let { second } = await seconds(), thief = tries(second);
    assert.equal(second.tries, 0);
    const first = await thief.wrong('111112');
    assert.deepEqual([first.count, first.left], [1, 9], JSON.stringify(first));
    const kept = Buffer.from(Object.values(await stored(page)).flat()).toString('latin1');
    assert.ok(!kept.includes(PIN));
    await door(page);
    await type(page, PIN, 'wallet.unlock');
    await page.waitForSelector('.face');
    await page.getByText(texts.ko.wallet['pin-others'].replace('{n}', '1')).waitFor();
    await screen(page, 'pin-6-others');

    // -- a change that breaks off: until the provider heard that the new one opens it is the old one, then the new one, also where its answer was lost
    const change = async (pin) => {
      await press(page, 'wallet.care');
      await press(page, 'wallet.pin-change');
      await type(page, pin, 'wallet.next');
      await page.getByRole('alert').waitFor();
      await page.unroute('**/provider/pin/right');
      await door(page);
    };
    await page.route('**/provider/pin/right', (r) => r.abort());
    await change('593827');
    await type(page, '593827', 'wallet.unlock');
    await told(page, 'ui.pin-wrong');
    await type(page, PIN, 'wallet.unlock');
    await page.waitForSelector('.face');
    await page.route('**/provider/pin/right', async (r) => { await r.fetch(); await r.abort(); });
    await change('604938');
    await type(page, '604938', 'wallet.unlock');
    await page.waitForSelector('.face');
    assert.equal((await thief.wrong('111113')).jumin_code, 'JM_PROVIDER_PIN_UNKNOWN');
    // and where the old one is locked meanwhile, the new one
    const { second: { id: old } } = await seconds();
    await page.route('**/provider/pin/right', (r) => r.abort());
    await change('715049');
    await page.route('**/provider/pin/try', (r) => (r.request().postDataJSON().id !== old ? r.continue()
      : r.fulfill({ status: 400, json: { error: 'access_denied', error_description: 'locked', jumin_code: 'JM_PROVIDER_PIN_LOCKED', trace: '0123456789abcdef' } })));
    await type(page, '715049', 'wallet.unlock');
    await page.waitForSelector('.face');
    await page.unroute('**/provider/pin/try');
    assert.notEqual((await seconds()).second.id, old);
    await press(page, 'wallet.care');
    await press(page, 'wallet.pin-change');
    await type(page, PIN, 'wallet.next');
    await page.getByText(word(page, 'wallet.pin-is')).waitFor();
    ({ second } = await seconds());
    thief = tries(second);

    // -- tries slow down; a provider that begins again remembers, and a stranger without d counts for nobody
    for (let i = 0; i < 3; i++) assert.equal((await thief.wrong('111113')).count, i + 1);
    const late = await thief.wrong('111114');
    assert.equal(late.jumin_code, 'JM_PROVIDER_PIN_WAIT', JSON.stringify(late));
    await restart();
    assert.equal((await thief.wrong('111114')).jumin_code, 'JM_PROVIDER_PIN_WAIT');
    assert.equal((await tries({ id: second.id, d: Buffer.alloc(32, 1) }).wrong('111115')).jumin_code, 'JM_PROVIDER_PIN_PROOF');
    const raw = await send({ url: base.provider }, 'POST', '/provider/pin/try', ['Content-Type: application/json', 'Content-Length: 2'], Buffer.from('{}'));
    assert.equal(raw.status, 400);
    await door(page);
    await type(page, PIN, 'wallet.unlock');
    await page.getByText(/^\d+초 뒤에/).waitFor();
    await screen(page, 'pin-7-wait');
    await press(page, 'ui.back');
    await press(page, 'wallet.unlock'); // the passkey waits for nobody
    await page.waitForSelector('.face');

    // -- a new PIN begins anew; the old one is nobody's
    await press(page, 'wallet.care');
    await press(page, 'wallet.pin-change');
    await type(page, '482915', 'wallet.next');
    await heading(page, 'wallet.care');
    await page.getByText(word(page, 'wallet.pin-is')).waitFor();
    assert.equal((await thief.wrong(PIN)).jumin_code, 'JM_PROVIDER_PIN_UNKNOWN');
    await door(page);
    await type(page, PIN, 'wallet.unlock');
    await told(page, 'ui.pin-wrong');

    // -- two tabs: the one that has not the wallet counts nothing
    const other = await page.context().newPage();
    other.look = page.look;
    await open(other, w.url);
    await press(other, 'wallet.take-over');
    await other.waitForSelector('.deeds');
    await heading(page, 'wallet.elsewhere');
    await press(other, 'wallet.by-pin');
    await type(other, '482915', 'wallet.unlock');
    await other.waitForSelector('.face');
    assert.equal(await other.locator('.box.bad').count(), 0, 'the count went along');
    await page.context().close();
  });
  run('a', 'audit', 'verify');
});
