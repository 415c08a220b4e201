// SPDX-License-Identifier: Apache-2.0
// The wallet's page without a network and over an update: it can be installed; with the server gone it opens, unlocks by passkey, shows card and
// history and says what needs the network; a newer build waits while the wallet is open and is there at the next start; half of one is none.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { between, inside } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, passkey, press, ready, word } from './_wallet.mjs';

const sha = (text) => createHash('sha256').update(text).digest('hex');

await inside(async (country) => {
  const { base, citizens } = country, w = await around(country);
  await browse(async (browser) => {
    const page = await phone(browser, { reach: w.reach, worker: true });
    await passkey(page);
    await open(page, w.url);
    await ready(page);
    await press(page, 'wallet.make');
    await heading(page, 'wallet.empty');
    await w.card(page, citizens[0]);
    await page.evaluate(() => navigator.serviceWorker.ready);

    // -- it can be installed
    const cdp = await page.context().newCDPSession(page);
    const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter((e) => e.errorId !== 'in-incognito'), []);
    const { data, errors } = await cdp.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    assert.equal(new URL(JSON.parse(data).start_url, `${w.url}/../ui/wallet.webmanifest`).href, w.url);

    // -- the server is gone, and so is the network
    await page.reload(); // the worker's from here on
    assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
    const gone = () => 'cut';
    between.provider = gone;
    await page.context().setOffline(true);
    await page.reload();
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');
    await page.getByText(word(page, 'wallet.without-network')).waitFor();
    await screen(page, 'offline-1-card');
    await press(page, 'wallet.history');
    assert.ok(await page.locator('.history li').count() >= 1);
    await page.goBack();
    const asked = await w.ask();
    await press(page, 'wallet.show');
    await w.give(page, asked.invocation);
    await page.waitForSelector('[role=alert]');
    await screen(page, 'offline-2-show');
    await page.context().setOffline(false);
    delete between.provider;
    await press(page, 'wallet.again'); // goes on where it was
    await page.waitForSelector('.claims');

    // -- a newer build comes while consent stands there: nothing moves; it is there at the next start
    const get = async (path) => (await fetch(`${base.provider}${path}`)).text();
    const css = await get('/ui/wallet.css'), worker = await get('/sw.js'), newer = `${css}\n.page{--build:2}`;
    assert.ok(worker.includes(sha(css)), 'the worker names each file by its hash');
    const text = (type, body) => ({ status: 200, type, body });
    const serves = (styles, names) => (method, path) => (path === '/sw.js' ? text('text/javascript', worker.replace(sha(css), sha(names))) : path === '/ui/wallet.css' ? text('text/css', styles) : undefined);
    const look = () => page.evaluate(() => getComputedStyle(document.querySelector('.page')).getPropertyValue('--build'));
    between.provider = serves(css, newer); // its files are not what it names: it is not taken
    assert.equal(await page.evaluate(async () => { const r = await navigator.serviceWorker.getRegistration(); await r.update().catch(() => {}); const i = r.installing; if (i) await new Promise((ok) => { i.onstatechange = () => ['redundant', 'installed'].includes(i.state) && ok(); }); return r.waiting === null; }), true);
    between.provider = serves(newer, newer);
    await page.evaluate(async () => { const r = await navigator.serviceWorker.getRegistration(); await r.update(); const i = r.installing; if (i) await new Promise((ok) => { i.onstatechange = () => i.state === 'installed' && ok(); }); });
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).waiting !== null), true);
    assert.equal(await page.locator('.claims li').count(), 1, 'consent stands as it stood');
    assert.equal(await look(), '');
    await press(page, 'wallet.agree');
    await heading(page, 'wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');
    await page.reload();
    await button(page, 'wallet.unlock').waitFor();
    await page.waitForFunction(() => getComputedStyle(document.querySelector('.page')).getPropertyValue('--build') !== '');
    assert.equal(await look(), '2');
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');
    assert.equal((await page.evaluate(() => caches.keys())).length, 1);

    // -- and that one without a server, too
    between.provider = gone;
    await page.reload();
    await press(page, 'wallet.unlock');
    await page.waitForSelector('.face');
    assert.equal(await look(), '2');
    await page.context().close();
  });
}, ['provider']);
