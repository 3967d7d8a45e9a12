// Mail, and everything hostile: nothing that was received runs, and nothing is loaded for it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { pageTest } from './browser.mjs';
import { detail, previews, rows, shown } from './rows.mjs';
import { chat } from './sandbox.mjs';

const FAILED_LOAD = /^Failed to load resource/;
/** What the browser says when a frame's policy holds something back. */
const HELD_BACK = /Content Security Policy|sandboxed|Failed to load resource/;

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)><iframe src="javascript:alert(1)"></iframe>',
  '</code></pre><style>body{display:none}</style><form action=https://example.com>',
  '"><a href="javascript:alert(1)">x</a>{{7*7}}${alert(1)}',
  '<meta http-equiv=refresh content="0;url=https://example.com">',
];

pageTest('a mail as it looks, as text, as source, and at the width of a phone', {}, async ({ sandbox, page, open }) => {
  const htmlBody = '<style>p { color: rgb(1, 2, 3) }</style><p>Grüße <b>fett</b></p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">';
  const answer = await sandbox.mail({ htmlBody, textBody: 'plain\ntext', subject: 'Hello <b>' });
  assert.equal(answer.status, 200);
  await open('#message=1');
  const article = await detail(page, 'E-mail 1');
  assert.match(await article.locator('dl').innerText(), /From\s+test@acquire\.io\s+To\s[^]*Subject\s+Hello <b>/);
  const frame = page.frameLocator('#message iframe');
  assert.equal(await frame.locator('p').innerText(), 'Grüße fett');
  assert.equal(await frame.locator('p').evaluate((it) => getComputedStyle(it).color), 'rgb(1, 2, 3)');
  assert.equal(await article.locator('iframe').getAttribute('sandbox'), '');
  await article.getByRole('button', { name: 'Phone width' }).click();
  assert.equal((await article.locator('iframe').boundingBox()).width, 390);
  await article.getByRole('tab', { name: 'Text' }).click();
  assert.equal(await article.getByRole('tabpanel').innerText(), 'plain\ntext');
  await article.getByRole('tab', { name: 'Source' }).click();
  assert.equal(await article.getByRole('tabpanel').innerText(), htmlBody);
});

pageTest('a hostile mail does nothing', { expected: HELD_BACK }, async ({ sandbox, page, open, origins }) => {
  // Counts every connection that the mail could cause.
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const far = `http://127.0.0.1:${server.address().port}`;
  // What is tried and held back is seen as well. No connection is the proof.
  origins.add(far);
  try {
    const htmlBody = `<!doctype html><html><head>
      <base href="${far}/"><meta http-equiv="refresh" content="0;url=${far}/refresh">
      <link rel="stylesheet" href="${far}/style"><link rel="preconnect" href="${far}"><link rel="dns-prefetch" href="${far}">
      <link rel="prefetch" href="${far}/prefetch"><link rel="preload" as="image" href="${far}/preload"><link rel="icon" href="${far}/icon">
      <style>@import "${far}/import"; @font-face { font-family: f; src: url(${far}/font) } p { background: url(${far}/background); font-family: f }</style>
      <script src="${far}/script"></script><script>parent.postMessage('ran', '*'); fetch('${far}/fetch'); top.location = '${far}'</script>
      </head><body onload="alert(1)"><p>visible</p>${HOSTILE.filter((it) => !it.includes('display:none')).join('')}
      <img src="${far}/image" srcset="${far}/srcset 2x"><video src="${far}/video" poster="${far}/poster" autoplay></video>
      <object data="${far}/object"></object><embed src="${far}/embed"><iframe src="${far}/frame" srcdoc="<script>alert(2)</script>"></iframe>
      <form id="f" action="${far}/form" method="post"><button>send</button></form>
      <a id="away" href="${far}/away">away</a> <a id="home" href="/" target="_top">top</a> <a id="new" href="${far}/new" target="_blank">new</a>
      <a id="api" href="${sandbox.url}/api/v1/voip/send-sms">api</a></body></html>`;
    assert.equal((await sandbox.mail({ htmlBody })).status, 200);
    await page.addInitScript(() => addEventListener('message', () => console.error('a message from the frame')));
    await open('#message=1');
    await detail(page, 'E-mail 1');
    const frame = page.frameLocator('#message iframe');
    await frame.locator('p').getByText('visible').waitFor();
    await frame.locator('#f button').click();
    for (const id of ['new', 'home']) await frame.locator(`#${id}`).click();
    // The frame itself can't leave either.
    for (const id of ['away', 'api']) {
      await frame.locator(`#${id}`).click();
      await page.waitForTimeout(200);
      await page.goto(`${sandbox.url}/#message=1`);
      await page.reload();
      await frame.locator('p').getByText('visible').waitFor();
    }
    assert.equal(new URL(page.url()).origin, sandbox.url);
    // Outside of the page's frame the same holds.
    await page.goto(`${sandbox.url}/_sandbox/ledger/1/html`);
    await page.locator('p').getByText('visible').waitFor();
    assert.equal(connections, 0);
    assert.equal((await sandbox.ledger()).received, 1);
  } finally {
    server.close();
  }
});

pageTest('hostile texts do no harm', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open();
  for (const text of HOSTILE) await sandbox.accept(chat(text));
  await shown(page, HOSTILE.length);
  assert.deepEqual(await previews(page), HOSTILE.toReversed());

  // Invisible characters are shown as escapes.
  await sandbox.accept(chat('\u202Egpj.exe\0\u0007\u200B\u2066 \u{1F469}\u200D\u{1F467} שלום \u3164\u{E0041}'));
  await shown(page, HOSTILE.length + 1);
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
  const fault = (rule) => ({ headers: { 'x-acquire-sandbox-fault': JSON.stringify(rule) } });
  await sandbox.send('', fault({
    name: '<img src=x onerror=alert(1)>',
    action: { type: 'answer', status: 500, body: '<script>alert(1)</script>', contentType: 'text/html' },
  }));
  await sandbox.send('', {
    path: `/${'p'.repeat(5_000)}`, ...fault({ name: 'n'.repeat(5_000), action: { type: 'answer', status: 500 } }),
  });
  await sandbox.mail({ subject: HOSTILE[1], textBody: HOSTILE[0], to: [HOSTILE[1]], cc: HOSTILE, from: HOSTILE[2] });
  await sandbox.sms(HOSTILE[1]);
  const count = HOSTILE.length + 9;
  await shown(page, count);
  const strange = 'img, script, svg, style, form:not(#filters, #fault-form), meta, i, iframe:not([sandbox=""])';
  for (let number = 1; number <= count; number++) {
    await page.goto(`${sandbox.url}/#message=${number}`);
    const article = page.locator('#message');
    await article.getByRole('heading', { name: new RegExp(` ${number}$`) }).waitFor();
    for (const tab of await article.getByRole('tab').all()) {
      await tab.click();
      assert.equal(await page.locator('main').locator(strange).count(), 0);
    }
  }
  // In conversations.
  for (const id of [28, 1128]) {
    await page.goto(`${sandbox.url}/#case=${id}`);
    await page.locator('.talk > li').first().waitFor();
    assert.equal(await page.locator('main').locator(strange).count(), 0);
  }
  await page.goto(`${sandbox.url}/#text=%3Cimg%20src=x%3E&case=%3Cb%3E`);
  await page.locator('#none').or(page.locator('#inbox-problem')).filter({ visible: true }).first().waitFor();
  await page.goto(`${sandbox.url}/`);
  await shown(page, count);
  assert.ok((await rows(page).first().innerText()).length < 800);

  // A hostile rule.
  await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: HOSTILE[1], match: { recipient: HOSTILE[0] },
      action: { type: 'answer', status: 200, headers: { 'x-h': '<b>' }, body: HOSTILE.join('\n'), contentType: 'text/html' },
    }),
  });
  await page.goto(`${sandbox.url}/#view=faults`);
  await page.reload();
  await page.getByRole('switch', { name: HOSTILE[1] }).waitFor();
  await page.locator('summary').click();
  assert.equal(await page.locator('main').locator(strange).count(), 0);
  assert.equal(new URL(page.url()).origin, sandbox.url);
});
