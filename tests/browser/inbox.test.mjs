// The inbox: lists, conversations, filters, and what can be done with a message.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { DESKTOP, PHONE, longestTask, nodes, pageTest, proxy } from './browser.mjs';
import { detail, previews, rows, shown } from './rows.mjs';
import { Sandbox, chat } from './sandbox.mjs';

const FAILED_LOAD = /^Failed to load resource/;

test('the page is for browsers', async () => {
  const sandbox = await Sandbox.start();
  try {
    const get = (path, accept, method = 'GET') => fetch(sandbox.url + path, { method, headers: { accept } });
    const page = await get('/', 'text/html,*/*');
    assert.equal(page.status, 200);
    const policy = page.headers.get('content-security-policy').split('; ');
    for (const part of [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", 'img-src data:',
      "frame-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.includes(part), part);
    }
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(page.headers.get('x-acquire-sandbox'), 'true');
    assert.equal((await get('/_sandbox/page/app.js', '*/*')).headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal((await get('/_sandbox/page/none.js', '*/*')).status, 404);
    assert.equal((await sandbox.ledger()).received, 0);
    // To an API client, `/` is a path like any other.
    assert.equal((await get('/', '*/*')).status, 404);
    assert.equal((await get('/', 'text/html', 'POST')).status, 404);
    assert.equal((await sandbox.ledger()).received, 2);
  } finally {
    await sandbox.stop();
  }
});

pageTest('it says what it is, and how to begin', {}, async ({ sandbox, page, open }) => {
  await open();
  assert.match(await page.locator('header').innerText(), /Unofficial[^]*sends nothing to anyone/);
  const steps = await page.locator('#first-steps').innerText();
  assert.ok(steps.includes(`ACQUIRE_BASE_URL=${sandbox.url}`) && steps.includes(`ACQUIRE_API_KEY=${sandbox.key}`), steps);
});

pageTest('a message that a client sends appears without reload', {}, async ({ sandbox, page, open }) => {
  await open();
  await page.evaluate(() => { globalThis.sameDocument = true; });
  await sandbox.sendByClient(28, 'first');
  await sandbox.accept(chat('second'));
  assert.equal((await sandbox.send(chat('nobody', 999_999))).status, 404);
  await shown(page, 3);
  assert.deepEqual(await previews(page), ['nobody', 'second', 'first']);
  const row = await rows(page).last().innerText();
  for (const part of ['Chat', 'Agent', 'case 28', 'first', 'accepted 200']) assert.ok(row.includes(part), part);
  // The reason of a refusal is in its row.
  assert.match(await rows(page).first().innerText(), /refused 404[^]*there is no case 999999; the active cases/);
  await page.getByText('New: message, refused: there is no case').waitFor({ state: 'attached' });

  // By keyboard.
  await page.locator('h1').click();
  for (const key of ['j', 'ArrowDown', 'j', 'Enter']) await page.keyboard.press(key);
  const article = await detail(page, 'Chat message 1');
  assert.equal(await article.getByRole('tab', { selected: true }).innerText(), 'Message');
  await article.getByRole('tab', { name: 'Message' }).focus();
  await page.keyboard.press('ArrowRight');
  const request = await article.getByRole('tabpanel').innerText();
  assert.match(request, /POST \/api\/v1\/crm\/messenger\/chat\/add-message\?x-user-type=user HTTP\/1\.1/);
  assert.match(request, /authorization: \*\*\*/);
  assert.match(request, /user-agent: acquire-io\//);
  assert.match(request, /"caseId": 28,\n {2}"message": \{\n {4}"message": "first",/);
  await page.keyboard.press('End');
  assert.match(await article.getByRole('tabpanel').innerText(), /"data": \{/);
  assert.ok(!(await page.locator('#inbox').innerText()).includes(sandbox.key));
  await page.keyboard.press('Escape');
  await article.waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.number), '1');

  // Clearing asks.
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Keep' }).click();
  assert.equal((await sandbox.ledger()).received, 3);
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await shown(page, 0);
  assert.equal((await sandbox.ledger()).received, 0);
  await sandbox.accept(chat('third'));
  await shown(page, 1);
  assert.ok(await page.evaluate(() => globalThis.sameDocument));
});

pageTest('a conversation shows who speaks', {}, async ({ sandbox, page, open }) => {
  const contact = { path: '/api/v1/crm/messenger/chat/add-message?x-user-type=contact' };
  await sandbox.send(chat('from the contact', 1266), contact);
  await sandbox.accept(chat('from the agent', 1266));
  await sandbox.accept(chat('a note', 1266, 'note'));
  await sandbox.accept(chat('an event', 1266, 'event'));
  await sandbox.send(chat('', 1266));
  await sandbox.accept(chat('elsewhere'));
  assert.equal((await sandbox.sms('🚀'.repeat(40))).status, 200);
  await open();
  const cases = page.getByRole('navigation', { name: 'Conversations' });
  await cases.getByRole('link', { name: 'Case 1266 · viswa' }).click();
  await shown(page, 5);
  const bubbles = await page.locator('#messages > li').evaluateAll((list) => list.map((it) => [it.className, it.innerText.split('\n').at(-1)]));
  assert.deepEqual(bubbles.slice(0, 4), [
    ['bubble contact', 'from the contact'], ['bubble agent', 'from the agent'], ['bubble note', 'a note'], ['bubble event', 'an event'],
  ]);
  // All look different.
  const looks = await page.locator('#messages > li > a').evaluateAll((list) => list.slice(0, 4).map((it) => {
    const { backgroundColor, borderStyle, textAlign } = getComputedStyle(it);
    return [backgroundColor, borderStyle, textAlign, it.getBoundingClientRect().left].join();
  }));
  assert.equal(new Set(looks).size, 4);
  await cases.getByRole('link', { name: 'All messages' }).click();
  await shown(page, 7);
  assert.match(await rows(page).first().innerText(), /SMS[^]*2 segments/);
});

pageTest('search and filters', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await sandbox.accept(chat('Where is my Ünïcode invoice?', 9));
  await sandbox.accept(chat('elsewhere'));
  await sandbox.send(chat('refused', 27));
  await sandbox.mail({ subject: 'Your invoice', textBody: 'attached' });
  await sandbox.sms('invoice paid');
  await open();
  await shown(page, 5);
  await page.keyboard.press('/');
  await page.keyboard.type('INVOICE');
  await shown(page, 3);
  await page.getByLabel('Channel').selectOption('mail');
  await shown(page, 1);
  assert.match(page.url(), /#text=INVOICE&channel=mail$/);
  // A link brings the same again.
  await page.reload();
  await shown(page, 1);
  assert.equal(await page.getByLabel('Search messages').inputValue(), 'INVOICE');
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export' }).click();
  const chunks = [];
  for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().trim().split('\n').map(JSON.parse);
  assert.deepEqual(lines.map(({ number, operation }) => [number, operation]), [[4, 'sendMailMessage']]);
  await page.getByLabel('Search messages').fill('ÜNÏCODE');
  await page.getByText('No message matches.').waitFor();
  await page.getByRole('link', { name: 'Show all messages' }).click();
  await shown(page, 5);
  await page.getByLabel('Outcome').selectOption('refused');
  await shown(page, 1);
  // What arrives is filtered too.
  await sandbox.accept(chat('accepted meanwhile'));
  await sandbox.send(chat('refused meanwhile', 27));
  await shown(page, 2);
});

pageTest('a message can be taken along', {}, async ({ sandbox, page, open }) => {
  const text = `It's $HOME "and" \\ more\nÜber`;
  await sandbox.accept(chat(text));
  await open('#message=1');
  const article = await detail(page, 'Chat message 1');
  const copied = async (name) => {
    await article.getByRole('button', { name }).click();
    await article.getByRole('button', { name: 'Copied' }).waitFor();
    const copy = await page.evaluate(() => navigator.clipboard.readText());
    await article.getByRole('button', { name }).waitFor();
    return copy;
  };
  assert.equal(await copied('Copy link'), `${sandbox.url}/#message=1`);
  assert.match(await copied('Copy as acquire command'), /^acquire chat send --case 28 --text '/);
  // The shell sends the same again.
  const env = { ...process.env, ACQUIRE_API_KEY: sandbox.key };
  await promisify(execFile)('/bin/sh', ['-c', `${await copied('Copy as curl')} --silent --noproxy '*'`], { env });
  const { entries: [first, second] } = await sandbox.ledger();
  assert.equal(second.verdict, 'accepted');
  assert.deepEqual([second.body, second.path, second.query], [first.body, first.path, first.query]);
});

pageTest('a page that may not copy shows what to copy', {}, async ({ sandbox, page, open }) => {
  await sandbox.accept(chat('hi'));
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await open('#message=1');
  await (await detail(page, 'Chat message 1')).getByRole('button', { name: 'Copy link' }).click();
  assert.equal(await page.getByLabel('Text to copy').inputValue(), `${sandbox.url}/#message=1`);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
});

pageTest('a link to a message that is gone', { expected: FAILED_LOAD }, async ({ page, open }) => {
  await open('#message=7');
  await page.getByText('there is no entry 7, or it was dropped').waitFor();
  await page.goto(`${page.url().split('#')[0]}#message=%3Cimg%20src=x%3E`);
  await page.getByRole('heading', { name: 'Message <img src=x>' }).waitFor();
});

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  pageTest(`a message that arrives during a click moves nothing: ${name}`, { viewport }, async ({ sandbox, page, open }) => {
    await open();
    const links = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
    const boxes = async () => Promise.all((await links.all()).map((link) => link.boundingBox()));
    const before = await boxes();
    await sandbox.accept(chat('first'));
    await shown(page, 1);
    assert.deepEqual(await boxes(), before);
    await rows(page).first().locator('a').hover();
    await page.mouse.down();
    await sandbox.accept(chat('second'));
    await page.locator('#message-count').getByText('2', { exact: true }).waitFor();
    await page.mouse.up();
    const article = await detail(page, 'Chat message 1');
    await article.getByRole('link', { name: 'Close' }).click();
    await shown(page, 2);
  });
}

pageTest('a thousand messages leave the page small and responsive', {}, async ({ sandbox, page, open }) => {
  let sent = 0;
  const burst = async (to) => {
    while (sent < to) await sandbox.accept(chat(`message ${sent++}`));
  };
  const complete = async (count = 200) => {
    await page.locator('#message-count').getByText(String(sent), { exact: true }).waitFor();
    await page.locator('#messages .preview').first().getByText(`message ${sent - 1}`, { exact: true }).waitFor();
    await shown(page, count);
    assert.deepEqual(await previews(page), Array.from({ length: count }, (_, index) => `message ${sent - 1 - index}`));
  };
  // The last of those from before it was opened, too.
  await burst(230);
  await open();
  await complete();
  const before = await nodes(page);
  const longest = await longestTask(page, async () => {
    await burst(1_000);
    await complete();
  });
  assert.ok(longest < 250, `one task took ${longest} ms`);
  const after = await nodes(page);
  assert.ok(after < before * 1.1, `${before} nodes became ${after}`);

  // Older ones, down to the first.
  for (const count of [400, 600, 800, 1_000]) {
    await page.getByRole('button', { name: 'Load older messages' }).click();
    await complete(count);
  }
  await page.getByRole('button', { name: 'Load older messages' }).waitFor({ state: 'hidden' });
  await burst(1_002);
  await complete(1_000);
});

pageTest('long bodies leave the page responsive', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open();
  const longest = await longestTask(page, async () => {
    const long = `start ${'x'.repeat(1_000_000)} end`;
    await sandbox.accept(chat(long));
    await shown(page, 1);
    await rows(page).first().locator('a').click();
    const article = await detail(page, 'Chat message 1');
    await article.getByRole('tab', { name: 'Request' }).click();
    const request = article.getByRole('tabpanel');
    await request.getByText('The first 8,000 characters of 1.0 million characters.').waitFor();
    assert.ok((await request.innerText()).length < 10_000);

    const download = page.waitForEvent('download');
    await request.getByRole('button', { name: 'Download' }).click();
    const chunks = [];
    for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
    assert.deepEqual(JSON.parse(Buffer.concat(chunks)), chat(long));

    await request.getByRole('button', { name: 'Show all' }).click();
    const whole = request.getByLabel('request 1', { exact: true });
    assert.deepEqual(JSON.parse(await whole.evaluate((it) => it.textContent)), chat(long));

    // Many lines, many levels, and what is longer than the page shows.
    await sandbox.send(JSON.stringify(Array.from({ length: 200_000 }, () => 1)));
    await sandbox.send('['.repeat(400_000) + ']'.repeat(400_000));
    await sandbox.send('y'.repeat(5_000_000));
    await shown(page, 4);
    for (const number of [2, 3, 4]) {
      await page.locator(`#messages a[data-number="${number}"]`).click();
      await detail(page, `Chat message ${number}`);
      await request.getByRole('button', { name: /^Show/ }).click();
    }
  });
  assert.ok(longest < 1_000, `one task took ${longest} ms`);
});

pageTest('nothing is missing after the connection breaks', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  const between = await proxy(sandbox.port);
  try {
    await open('', between.url);
    let number = 0;
    const burst = async () => {
      for (let count = 0; count < 10; count++) await sandbox.accept(chat(`message ${number++}`));
    };
    await burst();
    for (let time = 0; time < 3; time++) {
      await between.cut();
      await page.locator('#connection.lost').waitFor();
      await burst();
      await between.restore();
      await burst();
      await page.locator('#connection.live').waitFor();
      await burst();
    }
    await shown(page, number);
    assert.deepEqual(await previews(page), Array.from({ length: number }, (_, index) => `message ${number - 1 - index}`));
  } finally {
    await between.cut();
  }
});

pageTest('a new server on the same port', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open();
  for (const text of ['a', 'b', 'c']) await sandbox.accept(chat(text));
  await shown(page, 3);
  await sandbox.stop();
  await page.locator('#connection.lost').waitFor();
  const next = await Sandbox.start({ port: sandbox.port });
  try {
    // Its numbers begin anew.
    await next.accept(chat('d'));
    await page.locator('#connection.live').waitFor();
    await next.accept(chat('e'));
    await page.locator('#messages .preview').first().getByText('e', { exact: true }).waitFor();
    assert.deepEqual(await previews(page), ['e', 'd']);
  } finally {
    await next.stop();
  }
});
