// SPDX-License-Identifier: Apache-2.0
// Nothing but a browser: clerk, citizen, counter and shop at the addresses that `jumin demo --keep` prints. Issue, show at a counter and on the
// same phone, a replay refused, a thief who filmed the QR, one who has the phone, phone lost, released, plastic lost: what each of them sees, in one
// language an actor's own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browse, desktop, open, passkey as clerkPasskey, phone, screen, watch } from './_browser.mjs';
import { heading, passkey, press, ready, word } from './_wallet.mjs';

const dir = mkdtempSync(join(tmpdir(), 'jumin-story-')), at = (name) => join(dir, name), ko = { lang: 'ko', theme: 'light' };

async function story() {
  const child = spawn(process.env.JUMIN, ['demo', '--keep', '--lang', 'ko'], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TMPDIR: dir } });
  let said = '';
  child.stderr.on('data', (d) => { said += d; });
  const [rc] = await once(child, 'exit');
  assert.equal(rc, 0, said);
  const pages = Object.fromEntries([...said.matchAll(/^ {4}(http:\S+?\/(desk|wallet|check|visit|loss)\S*)$/gm)].map(([, url, name]) => [name, url]));
  assert.deepEqual(Object.keys(pages).sort(), ['check', 'desk', 'loss', 'visit', 'wallet'], said);
  const [, name, birth, issued, authority] = /: (\S+), 생년월일 (\S+)\. .*: 발급일 (\S+), 발급기관 (.*)$/m.exec(said);
  return { pages, citizen: { name, birth, issued, authority }, pids: /^kill (.*)$/m.exec(said)[1].split(' ').map(Number), reach: [...said.matchAll(/^ready \S+ (http:\S+)$/gm)].map((m) => m[1]) };
}

/* Ended is also what nobody has asked about yet: they are not our children. */
function lives(pid) {
  try { return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return false; }
}
async function end(pids) {
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  for (const pid of pids) while (lives(pid)) await new Promise((r) => { setImmediate(r); });
}

const { pages, citizen: who, pids, reach } = await story();
const origins = [...new Set([...reach, ...reach.map((u) => u.replace('127.0.0.1', 'localhost'))])];
try {
  await browse(async (browser) => {
    // -- the clerk comes in by the link, and opens the citizen's window
    const desk = await desktop(browser, ko), find = async (task) => {
      await desk.waitForSelector('input[name=task]');
      await desk.check(`input[name=task] >> nth=${task}`);
      if (await desk.locator('#rrn').count()) await desk.click('.deeds .plain');
      await desk.fill('#name', who.name);
      await desk.fill('#birth', who.birth);
      await desk.click('.deed');
      await desk.waitForSelector('.person');
    };
    const plastic = async () => {
      await desk.fill('#issue-date', who.issued);
      await desk.fill('#authority', who.authority);
      await desk.check('input[type=checkbox]');
      await desk.click('.deed');
    };
    await clerkPasskey(desk);
    await open(desk, pages.desk);
    await desk.click('.deed');
    await desk.waitForSelector('.box.good');
    await desk.click('.deed');
    await desk.waitForSelector('.clerk');
    const [side] = await Promise.all([desk.waitForEvent('popup'), desk.click('.aside button')]);
    watch(side, ko).home = new URL(pages.desk).origin;
    await side.waitForSelector('.citizen');

    // -- the citizen makes a wallet, and takes the QR on the window as a picture
    const mine = await phone(browser, { ...ko, reach: origins });
    await passkey(mine);
    await open(mine, pages.wallet);
    await ready(mine);
    await press(mine, 'wallet.make');
    await heading(mine, 'wallet.empty');
    const scan = async (from, name) => {
      await from.waitForSelector('.qr');
      await from.locator('.qr').screenshot({ path: at(name) });
      await mine.waitForSelector('input[type=file]', { state: 'attached' });
      await mine.setInputFiles('input[type=file]', at(name));
    };
    await find(0);
    await plastic();
    await press(mine, 'wallet.receive');
    await scan(side, 'offer.png');
    await mine.waitForSelector('.sign');
    await desk.waitForSelector('.sign');
    assert.equal(await mine.textContent('.sign'), await desk.textContent('.sign'), 'one sign on both screens');

    // -- a thief has filmed the window: the second phone is refused, and the clerk reads of it; the first one goes on
    const thief = await phone(browser, { ...ko, reach: origins });
    await passkey(thief);
    await open(thief, pages.wallet);
    await ready(thief);
    await press(thief, 'wallet.make');
    await press(thief, 'wallet.receive');
    await thief.waitForSelector('input[type=file]', { state: 'attached' });
    await thief.setInputFiles('input[type=file]', at('offer.png'));
    await thief.waitForSelector('[role=alert]');
    assert.match(await thief.textContent('.trace'), /TICKET_TAKEN/);
    assert.equal(await thief.locator('.sign, #code').count(), 0);
    await screen(thief, 'story-4-second-phone');
    await press(thief, 'wallet.to-home');
    await heading(thief, 'wallet.empty');
    await desk.getByRole('heading', { name: word(desk, 'desk.second'), exact: true }).waitFor();
    await screen(desk, 'story-5-second-phone');
    await thief.context().close();

    await desk.click('.deed');
    await desk.waitForSelector('.sign.code');
    await mine.fill('#code', (await desk.textContent('.sign.code')).replace(/\D/g, ''));
    await press(mine, 'wallet.next');
    await mine.waitForSelector('.loss-code');
    const loss = await mine.textContent('.loss-code');
    await desk.waitForSelector('.box.good');
    await desk.click('.deed');
    await press(mine, 'wallet.to-home');
    await mine.waitForSelector('.face');

    // -- the bank's counter: accepted; the same picture again is refused
    const counter = await phone(browser, ko), shown = async (verdict, name) => {
      await counter.click('.deeds .deed');
      await press(mine, 'wallet.show');
      await scan(counter, name);
      await mine.waitForSelector('.claims');
      await press(mine, 'wallet.agree');
      await counter.waitForSelector(`.verdict.${verdict}`);
      await mine.waitForSelector('.deeds button');
      await mine.getByRole('button').last().click();
      await mine.waitForSelector('.face');
    };
    await open(counter, pages.check);
    await counter.click('.choice >> nth=0');
    await counter.waitForSelector('.claims');
    await shown('accepted', 'request.png');
    assert.ok((await counter.textContent('.values')).includes('예'));
    await press(mine, 'wallet.show');
    await mine.setInputFiles('input[type=file]', at('request.png'));
    await mine.waitForSelector('[role=alert]');
    await screen(mine, 'story-1-replay');
    await mine.getByRole('button').last().click();
    await mine.waitForSelector('.face');

    // -- the phone is snatched while the wallet is open: without finger, face or PIN nothing is read, shown, stopped for good or taken along
    const secrets = [...who.name.split(' '), who.birth, loss], reads = async (what) => {
      const text = await mine.evaluate(() => document.body.innerText);
      for (const secret of secrets) assert.ok(!text.includes(secret), `${what}: ${secret}`);
      assert.equal(await mine.locator('.revealed, .loss-code').count(), 0, what);
    };
    const refused = async (key) => {
      await press(mine, key);
      await mine.waitForSelector('[role=alert]');
      await reads(key);
    };
    const snatched = () => mine.evaluate(() => { navigator.credentials.get = async () => { throw new DOMException('not the owner', 'NotAllowedError'); }; });
    await snatched();
    await reads('home');
    await refused('wallet.mine');
    await screen(mine, 'story-6-snatched');
    await press(mine, 'wallet.care');
    await refused('wallet.lost-code');
    await press(mine, 'wallet.delete');
    await refused('wallet.delete-yes');
    await press(mine, 'wallet.delete-no');
    await press(mine, 'wallet.to-home');
    await press(mine, 'wallet.history');
    await refused('wallet.export');
    await press(mine, 'ui.back');
    await counter.click('.deeds .deed');
    await press(mine, 'wallet.show');
    await scan(counter, 'snatched.png');
    await mine.waitForSelector('.claims');
    await refused('wallet.agree');
    assert.equal(await counter.locator('.verdict').count(), 0, 'nothing was shown');
    await press(counter, 'check.stop');
    await mine.goto('about:blank');
    await open(mine, pages.wallet);
    await snatched();
    await refused('wallet.unlock');
    assert.equal(await mine.locator('.face, .history').count(), 0);

    // -- a shop on the same phone
    await mine.goto(pages.visit);
    await press(mine, 'visit.open');
    await press(mine, 'wallet.unlock');
    await mine.waitForSelector('.claims');
    await press(mine, 'wallet.agree');
    await mine.waitForSelector('.verdict.accepted');

    // -- the phone is lost: reported by the code in any browser; the card pauses, and the phone hears it
    const any = await phone(browser, ko);
    await open(any, pages.loss);
    await any.click('.choice >> nth=0');
    await any.fill('#code', loss);
    await any.click('.deed');
    await any.waitForSelector('.receipt');
    const until = async (what) => {
      for (let i = 0; i < 30; i++) {
        await mine.goto('about:blank');
        await open(mine, pages.wallet);
        await press(mine, 'wallet.unlock');
        if (await mine.locator(what).waitFor({ timeout: 2000 }).then(() => true, () => false)) return;
      }
      assert.fail(`${what} never came`);
    };
    await until('.face.off');
    await screen(mine, 'story-2-paused');

    // -- found again: released at the desk, and shown again with fresh copies
    await find(2);
    await plastic();
    await desk.waitForSelector('.box.good');
    await desk.click('.deed');
    await press(mine, 'wallet.look-again');
    await heading(mine, 'wallet.done');
    await press(mine, 'wallet.to-home');
    await mine.waitForSelector('.face:not(.off)');
    await shown('accepted', 'again.png');

    // -- the plastic is lost: for good
    await find(1);
    await desk.click('.choice >> nth=1');
    await desk.waitForSelector('.deed.bad');
    await desk.click('.deed.bad');
    await desk.waitForSelector('.box.good');
    await until('.face.off');
    await screen(mine, 'story-3-ended');
  });
} finally {
  await end(pids);
  rmSync(dir, { recursive: true, force: true });
}
