// SPDX-License-Identifier: Apache-2.0
// Plastic on order in a clerk's browser: its price before it is ordered, paid now or when collected, cancelled, produced, handed over to the person
// or a relative for the old card; another phone that asks for a card; applications from afar. By keyboard alone; what is refused on the way.
// D-023, D-070, D-071, D-101, D-102, D-223, D-405, D-406, D-407, D-422, D-470, D-473
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { at, cardOnPhone, heard, inside, known, program, reread, run, send, wallet } from './_country.mjs';
import { browse, desktop, open, passkey, screen } from './_browser.mjs';

const jumin = (home, ...words) => new Promise((resolve) => {
  const child = spawn(program, ['--home', at(home), ...words], { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.on('close', (exit) => resolve({ exit, out, err, code: /^jumin: (JM_[A-Z0-9_]+)/m.exec(err)?.[1], json: out.trim().startsWith('{') ? JSON.parse(out.trim().split('\n').pop()) : null }));
});

await inside(async (country) => {
  const { base, citizens } = country, { issuer } = base, words = ['--passphrase-file', at('words')], password = 'a word of practice', back = 'http://127.0.0.1:1/back';
  const good = async (p) => { const r = await p; assert.equal(r.exit, 0, r.err + r.out); return r.json; };
  const rows = (sql) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=10); print(c.execute(sys.argv[2]).fetchall()); c.commit()', at('a/issuer/issuer.db'), sql], { encoding: 'utf8' }).trim();
  for (const [name, text] of [['pin', '482915'], ['words', 'long enough words'], ['word', password]]) writeFileSync(at(name), `${text}\n`, { mode: 0o600 });
  writeFileSync(at('boss.jwk'), run('a', 'staff', 'keygen', '--out', at('boss.key')));
  run('a', 'staff', 'add', 'boss', '--role', 'supervisor', '--centre', '3017000000', '--key', at('boss.jwk'));
  run('a', 'staff', 'add', 'lee', '--role', 'clerk', '--centre', '3017000000', '--key', at('kim.jwk'));
  const desk = (verb, ...more) => jumin('a', 'desk', verb, '--as', at('kim.key'), ...more, '--json');
  /* where a country wants both */
  const conf = readFileSync(at('a/jumin.conf'), 'utf8');
  writeFileSync(at('a/jumin.conf'), conf.replace('[issuer]\n', '[issuer]\nsign_in = REVIEW\ntap.cooldown = 3600\n'));
  await reread();

  /* A wallet pushes a request, and its holder signs in from afar: an application that waits. */
  const apply = async (who, login) => {
    const mine = await wallet(country), body = new URLSearchParams({ response_type: 'code', client_id: mine.product, redirect_uri: back, code_challenge: createHash('sha256').update('x'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256', scope: 'resident-sdjwt', state: 's' }).toString();
    const { json } = await send({ url: issuer }, 'POST', '/par', [...(await mine.headers('/par')), 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], Buffer.from(body));
    const got = await fetch(`${issuer}/authorize?client_id=${encodeURIComponent(mine.product)}&request_uri=${encodeURIComponent(json.request_uri)}`), html = await got.text();
    const hidden = Object.fromEntries([...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, k, v]) => [k, v.replaceAll('&amp;', '&')]));
    const sent = await fetch(`${issuer}/authorize`, { method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: got.headers.get('set-cookie').split(';')[0] },
      body: new URLSearchParams({ ...hidden, login, password, decision: 'approve' }) });
    assert.match(sent.headers.get('location'), /[?&]code=/);
  };

  await browse(async (browser) => {
    for (const look of [{ lang: 'ko', theme: 'light' }, { lang: 'en', theme: 'dark' }]) {
      const ko = look.lang === 'ko', n = ko ? 0 : 1, clerk = ko ? 'kim' : 'lee', won = (text) => (ko ? `${text}원` : `${text} won`);
      const [holder, second, third, other] = [0, 2, 4, 6].map((i) => known(citizens[n + i], `${4 + i / 2}2345${n}`)), numbers = [holder, second, third, other].map((c) => c.rrn);
      const signedIn = async (name) => {
        const page = await desktop(browser, look);
        await passkey(page);
        await open(page, JSON.parse(run('a', 'staff', 'enrol', name, '--json')).link);
        await page.click('.deed');
        await page.waitForSelector('.box.good');
        await page.click('.deed');
        await page.waitForSelector('#rrn');
        return page;
      };
      const page = await signedIn(clerk);
      const tab = async (...keys) => { for (const k of keys) await page.keyboard.press(k); };
      const onward = async (...keys) => { await page.waitForSelector('h1:focus'); await tab(...keys); };
      const task = async (p, kind, rrn) => { await p.waitForSelector('#rrn'); await p.check(`input[name=task][value=${kind}]`); await p.fill('#rrn', rrn); await p.press('#rrn', 'Enter'); await p.waitForSelector('.person'); };
      const main = (p = page) => p.textContent('main');
      const refused = async (code, p = page) => { await p.waitForSelector(`[role=alert] >> text=${code}`); };
      const till = async () => { await page.click('.aside button >> nth=-2'); await page.waitForSelector('.total dd'); const sum = await page.textContent('.total dd'); await page.click('.deeds .plain'); return sum; };
      /* what goes to the issuer otherwise than the page says it */
      const altered = (path, change, done) => page.route(path, (r) => (r.request().method() === 'POST' ? r.continue({ postData: JSON.stringify({ ...r.request().postDataJSON(), ...change }) }) : r.continue())).then(done).then(() => page.unroute(path));

      // -- ordered, by keyboard alone: the price stands there before anything is taken, and is the issuer's word
      await task(page, 'order', numbers[0]);
      await page.waitForSelector('#reason');
      await screen(page, 'desk-45-order');
      await onward('Tab', 'Tab', 'Tab', 'Tab', 'Enter');
      await page.waitForSelector(`text=${ko ? '수수료는 10,000원입니다' : 'The fee is 10,000 won'}`);
      assert.match(await main(), ko ? /규정 F-5: IC 주민등록증 재발급/ : /Rule F-5: a card with a chip again/);
      await screen(page, 'desk-46-order-price');
      assert.deepEqual((await good(desk('orders'))).orders, [], 'nothing is ordered yet');
      await altered('**/desk/orders', { won: 5000 }, async () => { await page.click('.deeds .deed >> nth=0'); await refused('JM_FEE_AMOUNT'); });
      await screen(page, 'desk-47-order-sum');
      let cut = true; // ordered once, though the answer was lost and it is asked again
      await page.route('**/desk/orders', async (r) => { if (cut) { await r.fetch(); await r.abort(); } else await r.continue(); });
      await page.focus('[role=alert]');
      await tab('Tab', 'Enter');
      await page.waitForFunction(() => document.querySelector('[role=alert]') && !document.querySelector('[role=alert]').textContent.includes('JM_'));
      cut = false;
      await page.click('.deeds .deed >> nth=0');
      await page.waitForSelector('.box.good');
      await page.unroute('**/desk/orders');
      assert.ok((await main()).includes(ko ? '영수증 번호' : 'Receipt'));
      await screen(page, 'desk-48-ordered');
      await page.click('.deed');
      await page.waitForSelector('#rrn');
      assert.equal(await till(), won('10,000'));

      // -- on its way: cancelled on its day, with a reason, and the money goes back
      await task(page, 'order', numbers[0]);
      await page.waitForSelector(`text=${ko ? '이미 신청한' : 'on its way'}`);
      await screen(page, 'desk-49-on-its-way');
      await onward('Tab', 'Enter');
      await page.waitForSelector('#why:focus');
      await tab('Enter');
      await refused('JM_API_FIELD_MISSING');
      await page.fill('#why', ko ? '마음이 바뀜' : 'changed their mind');
      await screen(page, 'desk-50-cancel');
      await page.press('#why', 'Enter');
      await page.waitForSelector(`text=${ko ? '10,000원을 돌려주세요' : 'give back 10,000 won'}`);
      await screen(page, 'desk-51-cancelled');
      await onward('Tab', 'Enter');
      await page.waitForSelector('#rrn');
      assert.equal(await till(), won('0'));

      // -- freed by a reason, paid when it is collected; a place that is none; one that comes online; one for a third
      await task(page, 'order', numbers[0]);
      await page.waitForSelector('#reason');
      await page.selectOption('#reason', 'name_changed');
      await page.fill('#centre', '9917000000');
      await page.click('.deed');
      await page.waitForSelector('.deed >> nth=1');
      assert.match(await main(), ko ? /5,000원[^]*규정 F-6/ : /5,000 won[^]*Rule F-6/);
      await page.click('.deeds button >> nth=2');
      await refused('JM_API_FIELD_FORM');
      await page.click('.deeds .plain');
      await page.fill('#centre', '3017000000');
      await page.click('.deed');
      await page.waitForSelector('.deed >> nth=1');
      await page.click('.deeds button >> nth=2');
      await page.waitForSelector('.box.good');
      assert.ok((await main()).includes(ko ? '찾을 때 받음' : 'due when collected'));
      await page.click('.deed');
      cardOnPhone(country, second, `w${n}`);
      await good(jumin(`w${n}`, 'wallet', 'order', '--kind', 'plain', '--centre', '3017000000', ...words, '--json'));
      const made = await good(desk('order', '--person', third.person, '--kind', 'plain'));

      // -- too late: it went into production while the clerk asked why
      await page.waitForSelector('#rrn');
      await page.click(`.aside button >> text=${ko ? '교부할 주민등록증' : 'Plastic cards to hand over'}`);
      await page.waitForSelector('.choice >> nth=2');
      await page.fill('#search', made.order.slice(0, 8));
      await page.waitForFunction(() => document.querySelectorAll('.choice').length === 1);
      await page.click('.choice');
      await page.click(`.deeds button >> text=${ko ? '신청 취소' : 'Cancel the order'}`);
      await page.waitForSelector('#why:focus');
      const batch = `${'0'.repeat(30)}0${n + 1}`;
      rows(`UPDATE plastic_order SET batch = x'${batch}' WHERE id = x'${made.order}'`);
      await page.fill('#why', 'x');
      await page.click('.deed');
      await refused('JM_ORDER_STATE');
      await screen(page, 'desk-52-too-late');
      await page.click('.deeds .plain');
      await page.waitForSelector('#why', { state: 'detached' });
      await page.click('.deeds .plain');

      // -- the list: what is ready first; what is being produced is shown, and cancelled by nobody
      const chips = `chips${n}`;
      mkdirSync(at(chips));
      assert.equal((await good(jumin('a', 'card', 'produce', '--out', at(chips), '--json'))).orders.length, 2);
      await page.fill('#search', '');
      await page.click(`text=${ko ? '다시 보기' : 'Look again'}`);
      await page.waitForSelector(`.choice >> nth=0 >> text=${ko ? '교부 대기' : 'ready to hand over'}`);
      assert.deepEqual(await page.locator('.choice').count(), 3);
      assert.match(await page.textContent('.choice >> nth=2'), ko ? /제작 중/ : /being produced/);
      await screen(page, 'desk-53-orders');
      await page.fill('#search', third.name);
      await page.waitForFunction(() => document.querySelectorAll('.choice').length === 1);
      assert.match(await page.textContent('main [role=status]'), ko ? /1건/ : /Orders: 1/);
      await page.click('.choice');
      await page.waitForSelector('.order');
      assert.equal(await page.locator('.deeds button').count(), 1, 'nothing but the way back');
      await screen(page, 'desk-54-producing');
      await page.click('.deeds .plain');
      await page.fill('#search', 'zzz');
      await page.waitForFunction(() => document.querySelectorAll('.choice').length === 0);
      await page.fill('#search', '');

      // -- what was ordered online goes to the person alone; what is due is the issuer's word; the old card stays here
      const mine = await page.locator('.choice', { hasText: second.name });
      await mine.click();
      await page.click('.deeds .deed');
      await page.waitForSelector('#withdrawn');
      await page.waitForSelector('.photo img');
      assert.equal(await page.locator('input[name=taker]').count(), 0);
      await page.click('.deeds .deed >> nth=1');
      await page.waitForSelector(`text=${ko ? '거두었는지 표시해' : 'Say that the old plastic'}`);
      await screen(page, 'desk-55-not-withdrawn');
      await page.check('#withdrawn');
      await altered('**/collect', { taker: third.person, proof: 'a friend' }, async () => { await page.click('.deeds .deed >> nth=1'); await refused('JM_ORDER_TAKER'); });
      await screen(page, 'desk-56-wrong-taker');
      await altered('**/collect', { won: 1 }, async () => { await page.click('.deeds .deed >> nth=1'); await refused('JM_FEE_AMOUNT'); });
      await page.click('.deeds .deed >> nth=1');
      await page.waitForSelector('.box.good');
      assert.equal(await page.locator('.box.note').count(), 0, 'a plain card has no PIN');
      await screen(page, 'desk-57-handed-over');
      await page.click('.deed');

      // -- a supervisor sees the photo once they have proven themselves again, here too (D-401)
      const boss = await signedIn('boss');
      let late = true; // as five minutes later
      await boss.route('**/photo', (r) => (late ? r.fulfill({ status: 403, contentType: 'application/json', body: JSON.stringify({ error: { code: 'JM_STAFF_STEP_UP', by: 'P', message: '', trace: '0' } }) }) : r.continue()));
      await task(boss, 'order', numbers[0]);
      await boss.click('.deeds .deed');
      await boss.waitForSelector('button.photo');
      late = false;
      await boss.click('button.photo');
      await boss.waitForSelector('.photo img');
      await screen(boss, 'desk-58-hand-over');
      await boss.context().close();

      // -- a relative takes it, with a proof: by keyboard alone; its chip wants a PIN, which is set at the reader
      await task(page, 'order', numbers[0]);
      await page.waitForSelector('.order');
      await page.waitForSelector('h1:focus');
      const serial = (await page.textContent('.order dd >> nth=-1')).trim();
      await tab('Tab', 'Enter');
      await page.waitForSelector('#withdrawn');
      await onward('Tab', 'ArrowRight');
      await page.waitForSelector('#relative');
      await tab('Tab');
      await page.keyboard.type(numbers[2]);
      await tab('Tab', 'Tab', 'Space', 'Tab', 'Enter');
      await refused('JM_API_FIELD_MISSING');
      await screen(page, 'desk-59-no-proof');
      await page.focus('#proof');
      await page.keyboard.type(ko ? '가족관계증명서' : 'certificate of family relations');
      await tab('Tab', 'Tab', 'Enter');
      await page.waitForSelector('.box.good');
      assert.ok((await page.textContent('.box.good')).includes(serial));
      assert.ok((await main()).includes(`jumin desk chip-pin --as KEYFILE --reader pcsc --reason REASON --person ${holder.person}`));
      assert.doesNotMatch(await main(), /PUK/i);
      await screen(page, 'desk-60-chip-pin');
      await onward('Tab', 'Enter');
      await page.waitForSelector('#rrn');
      assert.equal(await till(), won('10,000'));
      assert.match(rows(`SELECT hex(taker), proof FROM plastic_order WHERE serial = '${serial}'`), new RegExp(`${third.person}.*${ko ? '가족' : 'family'}`, 'i'));

      // -- whoever comes back without a PIN: their screen says so, until it is set
      await task(page, 'order', numbers[0]);
      await page.waitForSelector('text=jumin desk chip-pin');
      await screen(page, 'desk-60-no-pin-yet');
      await page.click('.deeds .plain');

      // -- another phone asks: nobody; then a no, and a yes after all, of the person who stands there
      await task(page, 'takeover', numbers[0]);
      await page.waitForSelector(`text=${ko ? '요청한 다른 휴대전화가 없습니다' : 'No other phone has asked'}`);
      await screen(page, 'desk-61-nobody-asked');
      await page.click('.deeds .plain');
      const chip = at(chips, `${serial}.chip`), offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${issuer}/offer`)}`;
      await good(jumin('a', 'desk', 'chip-pin', '--as', at('boss.key'), '--person', holder.person, '--reader', `memory:${chip}`, '--reason', 'handed over', '--new-pin-file', at('pin'), '--json'));
      await page.waitForSelector('#rrn');
      await task(page, 'order', numbers[0]);
      await page.waitForSelector('#reason');
      assert.ok(!(await main()).includes('chip-pin'));
      await page.click('.deeds .plain');
      for (const home of [`p${n}`, `q${n}`]) run(home, 'init', '--wallet', '--trust', at('a/trust/set.cbor'), '--pin', country.pin, ...words);
      const tap = (home) => jumin(home, 'wallet', 'tap', offer, '--reader', `memory:${chip}`, '--pin-file', at('pin'), ...words);
      assert.equal((await tap(`p${n}`)).exit, 0);
      assert.equal((await tap(`q${n}`)).code, 'JM_CARD_COOLDOWN');
      await task(page, 'takeover', numbers[0]);
      await page.waitForSelector('#same');
      await page.waitForSelector('.photo img');
      await screen(page, 'desk-62-takeover');
      await page.click('.deeds .deed >> nth=0');
      await page.waitForSelector(`text=${ko ? '본인인지 확인했다고 표시해' : 'Say that you have seen'}`);
      await page.focus('#same');
      await tab('Space', 'Tab', 'Tab', 'Enter');
      await page.waitForSelector(`text=${ko ? '막았습니다' : 'It is stopped'}`);
      await screen(page, 'desk-63-stopped');
      await page.click('.deed');
      assert.equal((await tap(`q${n}`)).code, 'JM_CARD_COOLDOWN');
      await task(page, 'takeover', numbers[0]);
      await page.waitForSelector(`text=${ko ? '이미 답을 기록' : 'A word was recorded'}`);
      await page.check('#same');
      await page.click('.deeds .deed >> nth=0');
      await page.waitForSelector('.box.good');
      await screen(page, 'desk-64-let');
      await page.click('.deed');
      assert.equal((await tap(`q${n}`)).exit, 0);
      assert.equal((await jumin(`p${n}`, 'wallet', 'refresh', ...words)).code, 'JM_WALLET_CARD_ENDED');

      // -- applications from afar: whose it is, is looked at one by one; a word under a reason
      for (const [who, login] of [[third, `third-${n}`], [other, `other-${n}`]]) {
        run('a', 'register', 'login', '--person', who.person, '--name', login, '--password-file', at('word'));
        await apply(who, login);
      }
      const waiting = async () => (await good(desk('applications'))).applications;
      const openOne = async (who) => {
        const one = (await waiting()).find((a) => a.person === who.person);
        await page.click(`.choice >> text=${one.case.slice(0, 8)}`);
        await page.waitForSelector('.photo img');
        return one;
      };
      await page.waitForSelector('#rrn');
      await page.click(`.aside button >> text=${ko ? '기다리는 신청' : 'Applications that wait'}`);
      await page.waitForSelector('.choice >> nth=1');
      for (const who of [third, other]) assert.ok(!(await main()).includes(who.name));
      await screen(page, 'desk-65-applications');
      await openOne(third);
      assert.ok((await main()).includes(third.name));
      assert.ok(!(await main()).includes(numbers[2].slice(-6)), 'masked');
      await page.click('.deeds .deed >> nth=0');
      await refused('JM_API_FIELD_MISSING');
      const one = (await waiting()).find((a) => a.person === third.person);
      assert.equal(Date.parse(one.until) - Date.parse(one.at), 7 * 86_400_000, 'a week, and not the minutes of who stands at a desk');
      await screen(page, 'desk-66-application');
      await page.focus('#why');
      await page.keyboard.type(ko ? '이곳에서 아는 사람' : 'known here');
      await tab('Tab', 'Enter');
      await page.waitForSelector('.box.good');
      await screen(page, 'desk-67-granted');
      await page.click('.deed');
      const again = async () => { await page.waitForSelector('#rrn'); await page.click(`.aside button >> text=${ko ? '기다리는 신청' : 'Applications that wait'}`); await page.waitForSelector('h1:focus'); };
      await again();
      await page.waitForSelector('.choice');
      const gone = await openOne(other);
      await good(desk('decide', gone.case, 'no', '--reason', 'a colleague was first'));
      await page.fill('#why', 'x');
      await page.click('.deeds .deed >> nth=0');
      await refused('JM_DESK_CASE_ENDED');
      await page.click('.deeds .plain');
      await page.waitForSelector(`text=${ko ? '기다리는 신청이 없습니다' : 'None is waiting'}`);
      await screen(page, 'desk-68-none-waits');
      await apply(other, `other-${n}`);
      await page.click(`text=${ko ? '다시 보기' : 'Look again'}`);
      await openOne(other);
      await page.fill('#why', ko ? '아는 사람이 없음' : 'nobody knows them');
      await page.click('.deeds .deed >> nth=1');
      await page.waitForSelector('.box.note');
      await screen(page, 'desk-69-declined');
      await page.click('.deed');
      assert.deepEqual(await waiting(), []);

      // -- nobody serves themselves (D-422)
      run('a', 'staff', 'add', `own-${n}`, '--role', 'clerk', '--centre', '3017000000', '--key', at('kim.jwk'), '--person', other.person);
      const own = await signedIn(`own-${n}`);
      await task(own, 'order', numbers[3]);
      await own.waitForSelector('#reason');
      await own.click('.deed');
      await refused('JM_DESK_OWN_CASE', own);
      await screen(own, 'desk-70-own');
      await own.click('.deeds .plain');
      await task(own, 'takeover', numbers[3]);
      await refused('JM_DESK_OWN_CASE', own);
      await own.context().close();
      assert.deepEqual(page.wrong, []);
      await page.context().close();

      // -- the printer goes on with what it had begun
      assert.equal((await good(jumin('a', 'card', 'produce', '--batch', batch, '--out', at(chips), '--json'))).orders.length, 1);
      await good(desk('hand-over', made.order, '--won', '5000', '--method', 'cash'));
    }
  });
  assert.doesNotMatch(heard('a'), new RegExp(`482915|${password}|${citizens[0].name}`));
});
