// SPDX-License-Identifier: Apache-2.0
// Scanning: a camera that sees the QR of `jumin desk open`, then that of `jumin verifier request`; pictures of the same; what is no QR of ours,
// no QR at all, no camera, a camera that was not allowed. The reader is loaded when somebody scans, not before.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { at, inside, run } from './_country.mjs';
import { browse, open, phone, screen } from './_browser.mjs';
import { around, button, heading, passkey, press, ready, texts } from './_wallet.mjs';

const W = 1280, H = 720;
/* What a camera sees of a picture: turned by some degrees, on a grey table, with noise. Y, and no colour. */
async function seen(page, file, degrees) {
  const url = `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  const grey = await page.evaluate(async ([src, w, h, turn]) => {
    const picture = new Image();
    picture.src = src;
    await picture.decode();
    const canvas = document.createElement('canvas'), to = canvas.getContext('2d');
    canvas.width = w;
    canvas.height = h;
    to.fillStyle = '#888';
    to.fillRect(0, 0, w, h);
    to.translate(w / 2, h / 2);
    to.rotate(turn * Math.PI / 180);
    to.imageSmoothingEnabled = false;
    to.drawImage(picture, -h * 0.36, -h * 0.36, h * 0.72, h * 0.72);
    const { data } = to.getImageData(0, 0, w, h);
    let s = '';
    for (let i = 0; i < data.length; i += 4) s += String.fromCharCode(16 + Math.min(219, Math.floor(data[i] * 219 / 255 * 0.9) + (i * 7919 % 20)));
    return btoa(s);
  }, [url, W, H, degrees]);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.from(grey, 'base64'), Buffer.alloc(W * H / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${W} H${H} F15:1 Ip A1:1 C420\n`), frame, frame]);
}
/* A picture of a code, or of a plain table. */
const drawn = async (page, text) => {
  const qr = createRequire(new URL('../../web/package.json', import.meta.url))('qrcode-generator')(0, 'M');
  qr.addData(text ?? '');
  qr.make();
  const n = qr.getModuleCount(), dark = text === undefined ? [] : Array.from({ length: n * n }, (_, i) => i).filter((i) => qr.isDark(Math.floor(i / n), i % n));
  return Buffer.from((await page.evaluate(([side, all]) => {
    const canvas = document.createElement('canvas'), to = canvas.getContext('2d');
    canvas.width = canvas.height = (side + 8) * 6;
    to.fillStyle = '#fff';
    to.fillRect(0, 0, canvas.width, canvas.height);
    to.fillStyle = '#000';
    for (const i of all) to.fillRect((i % side + 4) * 6, (Math.floor(i / side) + 4) * 6, 6, 6);
    return canvas.toDataURL('image/png').split(',')[1];
  }, [n, dark])), 'base64');
};
const blank = () => Buffer.concat([Buffer.from(`YUV4MPEG2 W${W} H${H} F15:1 Ip A1:1 C420\n`), Buffer.from('FRAME\n'), Buffer.alloc(W * H, 90), Buffer.alloc(W * H / 2, 128)]);

await inside(async (country) => {
  const { citizens } = country, w = await around(country), camera = at('camera.y4m'), as = ['--as', at('kim.key')];
  const desk = (who, png) => JSON.parse(run('a', 'desk', 'open', ...as, '--person', who.person, '--issue-date', who.plastic.issue_date, '--authority', who.plastic.authority, '--qr', at(png), '--json'));
  writeFileSync(camera, blank());

  // -- by camera: an offer, then a request; the file is what the camera sees when it is switched on
  await browse(async (browser) => {
    const page = await w.wallet(browser), loaded = [];
    page.on('request', (r) => { if (/scan\.js|zxing\.wasm/.test(r.url())) loaded.push(r.url()); });
    assert.deepEqual(loaded, []);
    const { case: id } = desk(citizens[0], 'offer.png');
    await press(page, 'wallet.receive');
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0);
    assert.deepEqual(await page.evaluate(() => { const v = document.querySelector('video'); return [v.videoWidth, v.videoHeight]; }), [W, H]);
    await screen(page, 'scan-1-aim');
    assert.equal(loaded.length, 2, loaded.join());
    await page.goBack(); // and the camera is let go
    await heading(page, 'wallet.empty');
    writeFileSync(at('menu.png'), await drawn(page, 'https://example.com/menu'));
    writeFileSync(camera, await seen(page, at('menu.png'), 5));
    await press(page, 'wallet.receive');
    await page.getByRole('heading', { name: '신분증에 쓰는 QR이 아닙니다' }).waitFor();
    await screen(page, 'scan-4-other');
    await page.goBack();
    await heading(page, 'wallet.empty');
    writeFileSync(camera, await seen(page, at('offer.png'), 7));
    await press(page, 'wallet.receive');
    await page.waitForSelector('.sign');
    await page.fill('#code', await w.code(id));
    await press(page, 'wallet.next');
    await page.waitForSelector('.loss-code');
    await press(page, 'wallet.to-home');

    const asked = JSON.parse(run('b', 'verifier', 'request', '--service', 'age', '--key-file', at('age.key'), '--qr', at('request.png'), '--json'));
    writeFileSync(camera, await seen(page, at('request.png'), -12));
    await press(page, 'wallet.show');
    await press(page, 'wallet.agree');
    await heading(page, 'wallet.shown');
    assert.equal((await w.result(asked.id)).verdict, 'accepted');
    await press(page, 'wallet.to-home');
    await page.context().close();
  }, { camera });

  // -- out of a picture: the file as it is, a picture without one, no picture
  await browse(async (browser) => {
    const page = await w.wallet(browser, { lang: 'en', theme: 'dark' });
    desk(citizens[1], 'offer.png');

    // -- the reader does not come: that is no fault of the camera's or the picture's, and comes when the network is back
    for (const part of ['scan.js', 'zxing.wasm']) {
      await page.route(`**/ui/${part}`, (r) => r.abort());
      await press(page, 'wallet.receive');
      await page.getByRole('heading', { name: texts.en.ui.server }).waitFor();
      if (part === 'scan.js') await screen(page, 'scan-5-no-reader');
      await page.setInputFiles('input[type=file]', { name: 'table.png', mimeType: 'image/png', buffer: await drawn(page) });
      await page.getByRole('heading', { name: texts.en.ui.server }).waitFor();
      await page.unroute(`**/ui/${part}`);
      await press(page, 'wallet.scan-again');
      await page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0 && document.querySelector('[role=alert]') === null);
      page.wrong.length = 0; // the reader says so, too
      if (part === 'scan.js') await page.reload().then(() => press(page, 'wallet.unlock'));
    }
    for (const [name, buffer] of [['table.png', await drawn(page)], ['no.png', Buffer.from('not a picture')]]) {
      await page.setInputFiles('input[type=file]', { name, mimeType: 'image/png', buffer });
      await page.getByRole('heading', { name: 'There is no QR in that picture' }).waitFor();
      if (name === 'no.png') await screen(page, 'scan-2-no-qr');
      await press(page, 'wallet.scan-again');
      await page.waitForSelector('.aim');
    }
    await page.setInputFiles('input[type=file]', at('menu.png'));
    await page.getByRole('heading', { name: 'That QR is not for an ID' }).waitFor();
    await press(page, 'wallet.scan-again');
    await page.setInputFiles('input[type=file]', at('offer.png'));
    await page.waitForSelector('.sign');
    await page.context().close();
  });

  // -- no camera; one that was not allowed: told, and there is another way
  for (const [kind, key] of [['none', 'There is no camera to use'], ['denied', 'The camera was not allowed']])
    await browse(async (browser) => {
      const page = await phone(browser, { lang: 'en', reach: w.reach });
      await passkey(page);
      await open(page, w.url);
      if (kind === 'none') { // said beforehand
        await heading(page, 'wallet.lack-camera');
        await press(page, 'wallet.without-it');
      }
      await ready(page);
      await press(page, 'wallet.make');
      await press(page, 'wallet.receive');
      await page.getByRole('heading', { name: key }).waitFor();
      await screen(page, `scan-3-${kind}`);
      await press(page, 'wallet.scan-again');
      await page.getByRole('heading', { name: key }).waitFor();
      await w.give(page, 'openid4vp://?client_id=x');
      await heading(page, 'wallet.failed');
      assert.equal(await button(page, 'wallet.again').count(), 0);
      await page.context().close();
    }, { camera: kind });
});
