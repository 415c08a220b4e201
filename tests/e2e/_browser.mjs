// SPDX-License-Identifier: Apache-2.0
// A browser for journeys: Debian's Chromium, nothing of it reaches beyond this machine. Every screen that a journey names is judged
// by axe, must not scroll sideways at 320 CSS pixels, and is written as a picture where PICTURES names a folder.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const need = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = need('playwright-core');
const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');
const program = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/* What a camera is: one that sees a y4m file, read when it is switched on; one that sees nothing of use; none; one that nobody allows. */
const cameras = { some: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'], none: ['--use-fake-ui-for-media-stream'], denied: ['--use-fake-device-for-media-stream'] };

const argsOf = (camera) => ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions', '--disable-default-apps',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1', ...(cameras[camera] ?? [...cameras.some, `--use-file-for-fake-video-capture=${camera}`])];

export async function browse(test, { camera = 'some' } = {}) {
  assert.ok(program, 'there is no Chromium: tools/setup test');
  const browser = await chromium.launch({ executablePath: program, headless: true, args: argsOf(camera) });
  try {
    await test(browser);
  } catch (e) { // with what stood on the screens
    for (const page of browser.contexts().flatMap((c) => c.pages())) console.error(page.wrong, await page.evaluate(() => document.body.innerText).catch(() => 'closed'));
    throw e;
  } finally {
    await browser.close();
  }
}

/** A phone's browser, and one at a desk. What it logs as an error, and whatever it asks of another origin than its own and @reach, fails the
 * journey. */
export const phone = (browser, look) => browserOf(browser, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }, look);
export const desktop = (browser, look) => browserOf(browser, { viewport: { width: 1100, height: 800 } }, look);

async function browserOf(browser, device, { lang = 'ko', theme = 'light', reach = [], worker = false } = {}) {
  const context = await browser.newContext({ ...device, locale: lang === 'ko' ? 'ko-KR' : 'en-US', colorScheme: theme, reducedMotion: 'reduce',
    serviceWorkers: worker ? 'allow' : 'block' });
  return watch(await context.newPage(), { lang, theme }, reach);
}

/** A phone whose profile lies in the folder @dir, and stays there when the browser is gone. */
export async function resident(dir, reach, test) {
  const context = await chromium.launchPersistentContext(dir, { executablePath: program, headless: true, args: argsOf('some'), viewport: { width: 390, height: 844 }, locale: 'ko-KR', reducedMotion: 'reduce' });
  try {
    await test(watch(context.pages()[0] ?? await context.newPage(), { lang: 'ko', theme: 'light' }, reach));
  } finally {
    await context.close();
  }
}

/** A page of a context that there is, a second window: watched in the same way. */
export function watch(page, look, reach = []) {
  const wrong = [];
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) wrong.push(m.text()); });
  page.on('pageerror', (e) => wrong.push(String(e)));
  page.on('request', (r) => { if (!/^(data:|blob:)/.test(r.url()) && ![page.home ?? new URL(page.url()).origin, ...reach].includes(new URL(r.url()).origin)) wrong.push(`asks ${r.url()}`); });
  page.wrong = wrong;
  page.look = look;
  return page;
}

/** A passkey of the page's device; @verified: its owner proves it by finger, face or PIN. Gives what changes that. */
export async function passkey(page, verified = true) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal',
    hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, hasPrf: true, automaticPresenceSimulation: true } });
  return (yes) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes });
}

export async function open(page, url) {
  page.home = new URL(url).origin;
  await page.goto(url);
}

/** A screen: judged, measured, drawn. */
export async function screen(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), [], `${name} ${JSON.stringify(page.look)}`);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), `${name} scrolls sideways at 320 pixels`);
  await page.setViewportSize(size);
  if (process.env.PICTURES) {
    mkdirSync(process.env.PICTURES, { recursive: true });
    await page.screenshot({ path: join(process.env.PICTURES, `${name}-${page.look.lang}-${page.look.theme}.png`), fullPage: true, scale: 'css' });
  }
  assert.deepEqual(page.wrong, [], name);
}
