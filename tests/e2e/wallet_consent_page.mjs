// SPDX-License-Identifier: Apache-2.0
// Consent: what must go and what may, what will not be seen, one more tap where nobody vouches for the purpose (D-352, D-354); the verifier hears what
// was listed and nothing else. The history is searched, and an entry deleted by its holder alone (D-356).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { at, inside, reread, restart, run } from './_country.mjs';
import { browse, screen } from './_browser.mjs';
import { around, button, cancelled, heading, press, word } from './_wallet.mjs';

process.env.JUMIN_PROVEN = '1'; // who asks is known by a set that a ledger proves
await inside(async (country) => {
  const { base, citizens, post } = country, w = await around(country), bank = JSON.parse(readFileSync(at('bank.json'), 'utf8')), [age] = bank.services;
  /* The bank's uses as the registry has them from now on. */
  const register = (file, services) => {
    writeFileSync(at(file), JSON.stringify({ ...bank, services }));
    return run('a', 'rp', 'register', '--request', at('b/verifier/request.csr'), '--services', at(file), '--cert-out', at('bank.pem'), '--yes').trim().split('\n').pop();
  };
  const pin = register('two.json', [age, { ...age, id: 'account', purpose: { ko: '계좌 개설', en: 'Account' }, retention_days: 30,
    claims: [...age.claims, { ...age.claims[0], path: ['full_name'], required: false }, { ...age.claims[0], path: ['birth_date'], required: false }] }]);
  run('b', 'trust', 'import', at('a/trust/set.cbor'), '--pin', pin);
  run('b', 'verifier', 'enroll', at('bank.pem'), '--services', at('two.json'));
  await restart('b');
  run('b', 'verifier', 'key', 'add', '--service', 'account', '--key-file', at('account.key'));
  await reread();
  const key = [`Authorization: Bearer ${readFileSync(at('account.key'), 'utf8').trim()}`];
  const ask = () => post(base.verifier, '/api/requests', JSON.stringify({ service: 'account' }), key);
  const result = async (id) => (await fetch(`${base.verifier}/api/requests/${id}`, { headers: { Authorization: key[0].split(': ')[1] } })).json();

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const page = await w.wallet(browser, look), who = citizens[look.lang === 'ko' ? 0 : 1];
      await w.card(page, who);
      const show = async (asked) => {
        await press(page, 'wallet.show');
        await w.give(page, asked.invocation);
        await page.waitForSelector('.claims');
      };
      const listed = () => page.locator('.claims li').allTextContents();

      // -- each optional one is off; what is listed goes, and no more; each proof is of its own request and claims (D-353)
      await page.evaluate(() => {
        const real = CredentialsContainer.prototype.get;
        globalThis.proofs = [];
        CredentialsContainer.prototype.get = function get(o) { globalThis.proofs.push([...new Uint8Array(o.publicKey.challenge)].join()); return real.call(this, o); };
      });
      const optional = ['full_name', 'birth_date'];
      for (const more of [[], ['birth_date'], optional]) {
        const asked = await ask();
        await show(asked);
        assert.deepEqual(await listed(), [word(page, 'wallet.claim-age_over_19')]);
        for (const n of optional) assert.equal(await page.isChecked(`input[name=${n}]`), false, n);
        const unseen = () => page.textContent('.unseen');
        assert.ok((await unseen()).includes(word(page, 'wallet.claim-resident_registration_number')));
        if (more.length === 0) { // on and off again is off
          await page.check('input[name=full_name]');
          await page.uncheck('input[name=full_name]');
        }
        for (const n of more) await page.check(`input[name=${n}]`);
        for (const n of optional) {
          assert.equal(await page.isChecked(`input[name=${n}]`), more.includes(n), n);
          assert.equal((await unseen()).includes(word(page, `wallet.claim-${n}`)), !more.includes(n), n);
        }
        if (more.length < 2) await screen(page, `consent-1-optional${more.length ? '-on' : ''}`);
        await cancelled(page); // and not without proof
        await press(page, 'wallet.agree');
        await page.waitForSelector('[role=alert]');
        assert.equal((await result(asked.id)).state, 'FETCHED');
        await press(page, 'wallet.agree');
        await heading(page, 'wallet.shown');
        const heard = await result(asked.id);
        assert.equal(heard.verdict, 'accepted', JSON.stringify(heard));
        assert.deepEqual(Object.keys(heard.claims).sort(), ['age_over_19', ...more].sort());
        await press(page, 'wallet.to-home');
      }

      const proofs = await page.evaluate(() => globalThis.proofs);
      assert.deepEqual([proofs.length, new Set(proofs).size], [3, 3], 'one a request');

      // -- searched; deleted by its holder, for good
      await press(page, 'wallet.history');
      const lines = () => page.locator('.history li').count();
      assert.equal(await lines(), 4);
      await page.fill('#search', word(page, 'wallet.claim-full_name'));
      await page.waitForFunction(() => document.querySelectorAll('.history li').length === 1);
      await screen(page, 'consent-2-found');
      await cancelled(page);
      await page.locator('.history li button').click();
      await page.waitForSelector('[role=alert]');
      assert.equal(await lines(), 1);
      await page.locator('.history li button').click();
      await page.getByText(word(page, 'wallet.history-none')).waitFor();
      await page.fill('#search', '');
      await page.waitForFunction(() => document.querySelectorAll('.history li').length === 3);
      await page.reload();
      await press(page, 'wallet.unlock');
      await press(page, 'wallet.history');
      assert.equal(await lines(), 3);
      await page.context().close();
    }

    // -- saved as a file, signed by this phone's key, names and no values; switched off, nothing more is noted
    const mine = await w.wallet(browser, { lang: 'ko', theme: 'dark' }), shown = async (asked) => {
      await press(mine, 'wallet.show');
      await w.give(mine, asked.invocation);
      await mine.waitForSelector('.claims');
      assert.equal(await mine.getByText(word(mine, 'wallet.changed-requester')).count(), 0);
      await press(mine, 'wallet.agree');
      await heading(mine, 'wallet.shown');
      await press(mine, 'wallet.to-home');
    };
    await w.card(mine, citizens[3]);
    await shown(await ask());
    await press(mine, 'wallet.history');
    assert.deepEqual(await mine.locator('.history a').evaluateAll((all) => all.map((a) => a.href)), [age.privacy_uri], 'of what was given');
    await screen(mine, 'consent-4-history');
    await cancelled(mine);
    await button(mine, 'wallet.export').click();
    await mine.waitForSelector('[role=alert]');
    const [file] = await Promise.all([mine.waitForEvent('download'), button(mine, 'wallet.export').click()]);
    await file.saveAs(at('history.jws'));
    assert.match(file.suggestedFilename(), /^jumin-history-\d{4}-\d\d-\d\d\.jws$/);
    const told = run('w', 'inspect', at('history.jws')), octets = readFileSync(at('history.jws'), 'utf8'), [, claims] = octets.split('.').map((x) => Buffer.from(x, 'base64url').toString());
    assert.match(told, /jumin-history\+jwt/);
    assert.deepEqual(JSON.parse(claims).events.map((e) => [e.outcome, e.rp, e.claims]), [['received', '', []], ['sent', 'hana-bank', ['age_over_19']]]);
    assert.ok(!claims.includes('true') && !claims.includes(citizens[3].name), 'names and no values');
    writeFileSync(at('forged.jws'), octets.replace(/\.([^.]*)\./, (_, x) => `.${Buffer.from(Buffer.from(x, 'base64url').toString().replace('"sent"', '"none"')).toString('base64url')}.`));
    assert.throws(() => run('w', 'inspect', at('forged.jws')), (e) => e.status === 1 && e.stdout.includes('JM_JOSE_SIGNATURE'));
    const keeps = mine.getByRole('switch');
    assert.equal(await keeps.isChecked(), true);
    await keeps.uncheck();
    await press(mine, 'ui.back');
    await shown(await ask());
    await mine.reload();
    await press(mine, 'wallet.unlock');
    await press(mine, 'wallet.history');
    assert.equal(await mine.locator('.history li').count(), 2);
    assert.equal(await keeps.isChecked(), false);
    await keeps.check();
    await press(mine, 'ui.back');
    await shown(await ask());

    // -- the same bank, registered for more days since: said, and one more tap
    const dearer = register('dearer.json', [age, { ...age, id: 'account', purpose: { ko: '계좌 개설', en: 'Account' }, retention_days: 365, claims: age.claims }]);
    run('b', 'trust', 'import', at('a/trust/set.cbor'), '--pin', dearer);
    run('b', 'verifier', 'enroll', at('bank.pem'), '--services', at('dearer.json'));
    await restart('b');
    await reread();
    await mine.reload();
    await press(mine, 'wallet.unlock');
    const differs = await ask();
    await press(mine, 'wallet.show');
    await w.give(mine, differs.invocation);
    await mine.getByRole('heading', { name: word(mine, 'wallet.changed-requester') }).waitFor();
    await press(mine, 'wallet.agree');
    await mine.waitForSelector('[role=alert]');
    assert.equal((await result(differs.id)).state, 'FETCHED');
    await screen(mine, 'consent-5-changed');
    assert.equal(await button(mine, 'wallet.decline').getAttribute('class'), 'deed');
    await press(mine, 'wallet.agree-anyway');
    await heading(mine, 'wallet.shown');
    await press(mine, 'wallet.to-home');
    await shown(await ask()); // known by now
    await mine.context().close();

    // -- registered, but not for what it says: one more tap, and the way back is the large one
    register('other.json', [{ ...age, id: 'elsewhere' }]);
    await reread();
    const page = await w.wallet(browser), asked = await w.ask();
    await w.card(page, citizens[2]);
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await page.getByRole('heading', { name: word(page, 'wallet.badge-3') }).waitFor();
    await press(page, 'wallet.agree');
    await page.getByText(word(page, 'wallet.unsure-next')).waitFor();
    assert.equal((await w.result(asked.id)).state, 'FETCHED');
    await screen(page, 'consent-3-unsure');
    assert.equal(await button(page, 'wallet.decline').getAttribute('class'), 'deed');
    await press(page, 'wallet.agree-anyway');
    await heading(page, 'wallet.shown');
    await page.context().close();
  });
});
