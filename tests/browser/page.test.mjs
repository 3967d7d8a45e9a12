import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DESKTOP, PHONE, longestTask, nodes, pageTest, proxy, screenshot } from './browser.mjs';
import { Sandbox, chat } from './sandbox.mjs';

const FAILED_LOAD = /^Failed to load resource/;

const rows = (page) => page.locator('#message-list > details');
const previews = (page) => page.locator('#message-list .preview').allTextContents();

/** Waits until so many messages are shown. */
async function shown(page, count) {
  await page.waitForFunction(
    (count) => document.querySelectorAll('#message-list > details').length === count, count);
}

/** Sends what a form holds; the text of the outcome. */
async function send(form) {
  await form.getByRole('button', { name: 'Send' }).click();
  await form.locator('button[type=submit]:enabled').waitFor();
  return form.locator('.outcome').innerText();
}

test('the page is for browsers', async () => {
  const sandbox = await Sandbox.start();
  try {
    const get = (path, accept, method = 'GET') => fetch(sandbox.url + path, { method, headers: { accept } });
    const page = await get('/', 'text/html,*/*');
    assert.equal(page.status, 200);
    const policy = page.headers.get('content-security-policy');
    for (const part of [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", 'img-src data:',
      "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.split('; ').includes(part), part);
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

pageTest('it says what it is', {}, async ({ page, open }) => {
  await open();
  const text = await page.locator('header').innerText();
  assert.match(text, /Unofficial/);
  assert.match(text, /sandbox/);
  assert.match(text, /sends nothing to anyone/);
});

pageTest('a message that a client sends appears without reload', {}, async ({ sandbox, page, open }) => {
  await open();
  await page.locator('#message-empty').waitFor();
  await page.evaluate(() => { globalThis.sameDocument = true; });
  await sandbox.sendByClient(28, 'first');
  await sandbox.accept(chat('second'));
  assert.equal((await sandbox.send(chat('nobody', 999_999))).status, 404);
  await shown(page, 3);
  assert.deepEqual(await previews(page), ['nobody', 'second', 'first']);

  const summary = await rows(page).last().locator('summary').innerText();
  assert.match(summary, /^\d\d:\d\d:\d\d/);
  for (const part of ['sendChatMessage', 'case 28', 'first', '200', 'accepted']) assert.ok(summary.includes(part), part);
  assert.match(await rows(page).first().innerText(), /404\s+refused/);

  // By keyboard.
  await rows(page).last().locator('summary').focus();
  await page.keyboard.press('Enter');
  const exchange = rows(page).last().locator('.exchange');
  const text = await exchange.innerText();
  assert.match(text, /POST \/api\/v1\/crm\/messenger\/chat\/add-message\?x-user-type=user HTTP\/1\.1/);
  assert.match(text, /authorization: \*\*\*/);
  assert.match(text, /user-agent: acquire-io\//);
  assert.match(text, /"caseId": 28,\n {2}"message": \{\n {4}"message": "first",/);
  assert.match(text, /Answer 200/);
  assert.match(text, /"data": \{/);
  assert.ok(!(await page.locator('#message-list').innerText()).includes(sandbox.key));

  await page.getByRole('button', { name: 'Clear' }).click();
  await shown(page, 0);
  assert.equal((await sandbox.ledger()).received, 0);
  await sandbox.accept(chat('third'));
  await shown(page, 1);
  assert.ok(await page.evaluate(() => globalThis.sameDocument));
});

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  pageTest(`a message that arrives during a click moves no link: ${name}`, { viewport }, async ({ sandbox, page, open }) => {
    await open();
    const links = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
    const boxes = async () => Promise.all((await links.all()).map((link) => link.boundingBox()));
    const before = await boxes();
    await page.getByRole('link', { name: 'API', exact: true }).hover();
    await page.mouse.down();
    await sandbox.accept(chat('meanwhile'));
    await page.locator('#message-count').getByText('1', { exact: true }).waitFor();
    await page.mouse.up();
    await page.getByRole('heading', { name: 'API', exact: true }).waitFor();
    assert.deepEqual(await boxes(), before);
  });
}

pageTest('a row stays in its place while it is clicked', {}, async ({ sandbox, page, open }) => {
  await open();
  await sandbox.accept(chat('first'));
  await shown(page, 1);
  await rows(page).first().locator('summary').hover();
  await page.mouse.down();
  await sandbox.accept(chat('second'));
  await page.locator('#message-count').getByText('2', { exact: true }).waitFor();
  await page.mouse.up();
  await rows(page).filter({ hasText: 'first' }).locator('.exchange').waitFor();
  await shown(page, 2);
});

pageTest('a thousand messages leave the page small and responsive', {}, async ({ sandbox, page, open }) => {
  let sent = 0;
  const burst = async (to) => {
    while (sent < to) await sandbox.accept(chat(`message ${sent++}`));
  };
  const complete = async () => {
    await page.getByText(`the last 200 of ${sent}`, { exact: true }).waitFor();
    assert.deepEqual(await previews(page), Array.from({ length: 200 }, (_, index) => `message ${sent - 1 - index}`));
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
});

pageTest('"try it" sends one', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open('#api');
  let sent = 0;
  for (const [id, examples] of [['sendChatMessage', 3], ['sendMailMessage', 2], ['sendSms', 3]]) {
    const form = page.locator(`#${id} form`);
    const choices = await form.getByLabel('Documented example').locator('option').all();
    assert.equal(choices.length, examples);
    for (const choice of choices) {
      await form.getByLabel('Documented example').selectOption(await choice.getAttribute('value'));
      const outcome = await send(form);
      sent++;
      assert.match(outcome, /^200 OK/, outcome);
      assert.match(outcome, /x-acquire-sandbox: true/);
      assert.match(outcome, /"data": \{/);
      const { received, entries } = await sandbox.ledger();
      assert.equal(received, sent);
      assert.equal(entries.at(-1).operation, id);
      assert.equal(entries.at(-1).verdict, 'accepted');
      assert.equal(entries.at(-1).body, await form.getByRole('textbox', { name: 'Body' }).inputValue());
    }
  }

  const form = page.locator('#sendChatMessage form');
  await form.getByRole('textbox', { name: 'Body' }).fill(JSON.stringify(chat('edited', 9)));
  await form.getByRole('combobox', { name: 'x-user-type', exact: true }).selectOption('contact');
  await form.getByLabel('contactId').fill('5');
  assert.match(await send(form), /^200 OK/);
  const { entries } = await sandbox.ledger();
  assert.equal(entries.at(-1).query, 'x-user-type=contact&contactId=5');
  assert.equal(JSON.parse(entries.at(-1).body).message.message, 'edited');

  await form.getByRole('textbox', { name: 'Body' }).fill('{');
  assert.match(await send(form), /^400 Bad Request[^]*ERROR_INVALID_INPUT/);
  await page.getByLabel('API key').fill('wrong');
  assert.match(await send(form), /^401 Unauthorized/);

  await page.getByRole('link', { name: 'Messages' }).click();
  await shown(page, sent + 3);
});

pageTest('the reference shows the document', {}, async ({ page, open }) => {
  await open('#api');
  const sms = page.locator('#sendSms');
  const text = await sms.innerText();
  for (const part of [
    'POST /api/v1/voip/send-sms', 'x-user-type', 'timelineId', 'required',
    'A phone number of the account, "must include country and area code"', '401', '503', 'Down for maintenance',
    // Without a described body.
    '3XX', 'a redirect, from a proxy or a wrong host',
  ]) {
    assert.ok(text.includes(part), part);
  }
  // Schemas that refer to themselves open step by step.
  await sms.locator('summary', { hasText: /^200/ }).click();
  for (const name of ['data', 'timeline', 'case', 'timeline', 'case']) {
    const field = sms.locator('details:not([open]) > summary:visible', { has: page.locator(`.name:text-is("${name}")`) });
    await field.first().click();
  }
  assert.ok(!/\bundefined\b|\[object/.test(await page.locator('#api').innerText()));
});

pageTest('a fault changes the next answer', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open('#faults');
  const form = page.locator('#fault-form');
  await form.getByLabel('What happens').selectOption('answer 503, retry after 1 s');
  await form.getByLabel('Operation').selectOption('sendChatMessage');
  await form.getByLabel('Case').fill('28');
  await form.getByLabel('Name').fill('busy <b>');
  await form.getByRole('button', { name: 'Add' }).click();
  const rule = page.getByRole('listitem').filter({ hasText: 'busy <b>' });
  await rule.waitFor();

  const status = async (caseId) => (await sandbox.send(chat('hi', caseId))).status;
  assert.equal(await status(28), 503);
  assert.equal(await status(9), 200);
  await rule.getByText('Met 1, acted on 1').waitFor();
  await rule.getByRole('switch', { name: 'busy <b>' }).click();
  await page.waitForFunction(() => document.getElementById('fault-count').textContent === '');
  assert.equal(await status(28), 200);
  await rule.getByRole('switch').press('Space');
  await page.waitForFunction(() => document.getElementById('fault-count').textContent === '1');
  assert.equal(await status(28), 503);
  await rule.getByRole('button', { name: 'Remove' }).click();
  await rule.waitFor({ state: 'detached' });
  assert.equal(await status(28), 200);
  assert.deepEqual(await sandbox.faults(), []);

  // A rule of one's own, and one that can't work.
  await form.getByLabel('The rule, as JSON').fill('{"match": {"nth": 0}, "action": {"type": "answer", "status": 500}}');
  await form.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('alert').filter({ hasText: 'count from 1' }).waitFor();
  await form.getByLabel('The rule, as JSON').fill('{"action": {"type": "answer", "status": 418}}');
  await form.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('switch', { name: 'answer 418' }).waitFor();
  assert.equal(await status(28), 418);
});

pageTest('every fault that the form offers', { expected: /./ }, async ({ sandbox, page, open }) => {
  await open('#faults');
  const form = page.locator('#fault-form');
  const outcomes = {
    'answer 503, retry after 1 s': /^503[^]*retry-after: 1/,
    'answer 429, retry after 1 s': /^429[^]*retry-after: 1/,
    'answer 500': /^500/,
    'answer 500, but accept the message': /^500/,
    'answer with a web page': /^502[^]*<html><body>Bad gateway/,
    'wait 2 s': /^200 OK after (?!1\d\d\d )\d{4,} ms/,
    'redirect': /^3xx[^]*not followed/,
    'reset the connection before the body': /did not come whole/,
    'accept the message, then reset the connection': /did not come whole/,
    'cut the answer in two': /^200[^]*did not come whole/,
    'never answer': /Cancelled/,
    'a strange answer': /^200/,
  };
  const offered = await form.getByLabel('What happens').locator('option').allTextContents();
  assert.deepEqual(offered, Object.keys(outcomes));
  for (const [name, outcome] of Object.entries(outcomes)) {
    await page.getByRole('link', { name: 'Faults' }).click();
    await form.getByLabel('What happens').selectOption(name);
    await form.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('switch').waitFor();
    await page.getByRole('link', { name: 'API', exact: true }).click();
    const trial = page.locator('#sendChatMessage form');
    await trial.getByRole('button', { name: 'Send' }).click();
    if (name === 'never answer') await trial.getByRole('button', { name: 'Cancel' }).click();
    await trial.locator('button[type=submit]:enabled').waitFor();
    assert.match(await trial.locator('.outcome').innerText(), outcome, name);
    await page.getByRole('link', { name: 'Faults' }).click();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('switch').waitFor({ state: 'detached' });
  }
});

pageTest('hostile texts do no harm', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><iframe src="javascript:alert(1)"></iframe>',
    '</code></pre><style>body{display:none}</style><form action=https://example.com>',
    '"><a href="javascript:alert(1)">x</a>{{7*7}}${alert(1)}',
    '<meta http-equiv=refresh content="0;url=https://example.com">',
  ];
  await open();
  for (const text of hostile) await sandbox.accept(chat(text));
  await shown(page, hostile.length);
  assert.deepEqual(await previews(page), hostile.toReversed());

  // Invisible characters are shown as escapes, in the list as in the body.
  await sandbox.accept(chat('\u202Egpj.exe\0\u0007\u200B\u2066 \u{1F469}\u200D\u{1F467} שלום \u3164\u{E0041}'));
  await shown(page, hostile.length + 1);
  const escaped = '\\u202egpj.exe\\u0000\\u0007\\u200b\\u2066 \u{1F469}\u200D\u{1F467} שלום \\u3164\\udb40\\udc41';
  assert.equal((await previews(page))[0], escaped);

  // In every other place that a client can fill.
  await sandbox.send('not JSON: <img src=x onerror=alert(1)>\0\u202E', {
    path: '/%3Cimg%20src=x%20onerror=alert(1)%3E?<img src=x onerror=alert(1)>',
    headers: { 'x-hostile': '<img src=x onerror=alert(1)>' },
  });
  await sandbox.send(`{"__proto__": {"message": 1}, "toString": 1, "caseId": {"a": "<b>"}, "message": {"message": ["<i>"]}}`);
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  await sandbox.send(deep);
  await sandbox.send(`{"caseId": ${deep}, "to": ${deep}, "message": {"message": ${deep}}}`);
  await sandbox.send('', { headers: { 'x-acquire-sandbox-fault': JSON.stringify({
    name: '<img src=x onerror=alert(1)>',
    action: { type: 'answer', status: 500, body: '<script>alert(1)</script>', contentType: 'text/html' },
  }) } });
  const name = 'n'.repeat(5_000);
  await sandbox.send('', {
    path: `/${'p'.repeat(5_000)}`,
    headers: { 'x-acquire-sandbox-fault': JSON.stringify({ name, action: { type: 'answer', status: 500 } }) },
  });
  await shown(page, hostile.length + 7);
  assert.ok((await rows(page).first().innerText()).length < 250);
  for (const row of await rows(page).all()) await row.locator('summary').click();
  const list = page.locator('#message-list');
  const text = await list.innerText();
  for (const it of ['not JSON: <img src=x onerror=alert(1)>\\u0000\\u202e', 'x-hostile: <img src=x', 'fault: <img src=x']) {
    assert.ok(text.includes(it), it);
  }
  assert.equal(await list.locator('img, script, iframe, svg, style, form, a, meta, b, i').count(), 0);

  // A hostile answer to "try it", and a hostile rule.
  await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: '<img src=x onerror=alert(1)>',
      action: { type: 'answer', status: 200, headers: { 'x-h': '<b>' }, body: hostile.join('\n'), contentType: 'text/html' },
    }),
  });
  await page.getByRole('link', { name: 'API', exact: true }).click();
  assert.ok((await send(page.locator('#sendSms form'))).includes(hostile[1]));
  await page.getByRole('link', { name: 'Faults' }).click();
  await page.getByRole('switch', { name: '<img src=x onerror=alert(1)>' }).waitFor();
  assert.equal(await page.locator('main').locator('img, script, iframe, svg, style').count(), 0);
  assert.equal(new URL(page.url()).origin, sandbox.url);
});

pageTest('long bodies leave the page responsive', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open();
  const longest = await longestTask(page, async () => {
    const long = `start ${'x'.repeat(1_000_000)} end`;
    await sandbox.accept(chat(long));
    await shown(page, 1);
    await rows(page).first().locator('summary').click();
    const request = rows(page).first().locator('.exchange > div').first();
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
    const longer = 'y'.repeat(5_000_000);
    await sandbox.send(longer);
    await shown(page, 4);
    for (const index of [0, 1, 2]) {
      await rows(page).nth(index).locator('summary').click();
      await rows(page).nth(index).getByRole('button', { name: /^Show/ }).first().click();
    }
    // More than it keeps.
    for (let sent = 1; sent < 7; sent++) await sandbox.send(longer);
    await page.getByText('the last 5 of 10', { exact: true }).waitFor();
    await shown(page, 5);
  });
  assert.ok(longest < 1_000, `one task took ${longest} ms`);
});

pageTest('no gaps and no doubles after the connection breaks', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
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
      await between.mend();
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
    await shown(page, 5);
    assert.deepEqual(await previews(page), ['e', 'd', 'c', 'b', 'a']);
  } finally {
    await next.stop();
  }
});

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`it fits: ${name}, ${colorScheme}`, { viewport, colorScheme, expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
      const look = async (view) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= viewport.width, `${view} is ${width} wide`);
        await screenshot(page, `${name}-${colorScheme}-${view}`);
      };
      await open();
      await look('empty');
      await sandbox.accept(chat('Good morning! Is the flat in Rose Street still free?', 2069));
      await page.getByRole('link', { name: 'API', exact: true }).click();
      await send(page.locator('#sendMailMessage form'));
      await send(page.locator('#sendSms form'));
      await sandbox.send(chat('to a closed case', 27));
      await sandbox.send({ caseId: 28, mesage: 'a slip' });
      await sandbox.send(undefined, { path: '/favicon.ico', method: 'GET' });
      await page.getByRole('link', { name: 'Faults' }).click();
      const form = page.locator('#fault-form');
      for (const [preset, label, title] of [['answer 503, retry after 1 s', 'busy', 'busy'], ['wait 2 s', '', 'wait 2000 ms']]) {
        await form.getByLabel('What happens').selectOption(preset);
        await form.getByLabel('Name').fill(label);
        await form.getByRole('button', { name: 'Add' }).click();
        await page.getByRole('switch', { name: title }).waitFor();
      }
      await page.getByRole('switch').nth(1).click();
      await page.waitForFunction(() => document.getElementById('fault-count').textContent === '1');
      await sandbox.send(chat('x'.repeat(300)));
      await page.getByText('acted on 1').waitFor();
      await look('faults');
      await page.getByRole('link', { name: 'Messages' }).click();
      await shown(page, 7);
      await look('messages');
      await rows(page).last().locator('summary').click();
      await look('message');
      await rows(page).last().scrollIntoViewIfNeeded();
      await rows(page).last().evaluate((it) => it.scrollIntoView());
      await look('message-scrolled');
      await page.getByRole('link', { name: 'API', exact: true }).click();
      await look('api');
      const operation = page.locator('#sendChatMessage');
      await operation.evaluate((it) => it.scrollIntoView());
      await look('operation');
      await send(operation.locator('form'));
      await operation.locator('.outcome').scrollIntoViewIfNeeded();
      await look('outcome');

      // Whatever can be used has a name.
      const nameless = await page.evaluate(() => [...document.querySelectorAll('input, select, textarea, button')]
        .filter((it) => !it.labels?.length && !it.ariaLabel && !it.textContent.trim()).map((it) => it.outerHTML));
      assert.deepEqual(nameless, []);
    });
  }
}
