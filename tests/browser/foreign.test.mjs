// A web page of another origin: nothing that it does enters the ledger, and it reads nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { browser, tool } from './browser.mjs';
import { CHAT, Sandbox, chat } from './sandbox.mjs';

/** The most that the sandbox may take, in megabytes. */
const MEMORY = 150;

/** A page on another port, which is another origin, and its scripts by their paths. */
async function foreignPage(body = '', scripts = {}) {
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url in scripts ? 'text/javascript' : 'text/html');
    response.end(scripts[url] ?? `<!doctype html><title>foreign</title>${url === '/' ? body : ''}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const context = await browser.newContext();
  const page = await context.newPage();
  const { port } = server.address();
  return {
    page,
    url: `http://127.0.0.1:${port}`,
    async close() {
      await context.close();
      server.close();
    },
  };
}

/** Everything that a page can send by script, and what it can read of the answers. */
async function attack({ url, path, key, body }) {
  const read = [];
  const tryTo = async (name, action) => {
    try {
      const outcome = await action();
      if (outcome) read.push(`${name}: ${String(outcome).slice(0, 100)}`);
    } catch {
      // Held back.
    }
  };
  const text = async (answer) => (answer.type === 'opaque' ? '' : `${answer.status} ${await answer.text()}`);
  const send = (name, to, options) => tryTo(name, async () => text(await fetch(url + to, options)));
  for (const mode of ['cors', 'no-cors']) {
    for (const to of [path, '/', '/_sandbox/ledger', '/_sandbox/faults', '/_sandbox/messages', '/_sandbox/state',
      '/_sandbox/openapi.json', '/_sandbox/seed', '/_sandbox/page/app.js', '/_sandbox/api', '/favicon.ico']) {
      await send(`get ${mode} ${to}`, to, { mode });
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
        const headers = { 'content-type': type };
        await send(`post ${mode} ${to} ${type}`, to, { mode, method: 'POST', headers, body });
        if (mode === 'cors') {
          headers.authorization = `Bearer ${key}`;
          await send(`post with key ${to}`, to, { mode, method: 'POST', headers, body });
        }
      }
      await send(`delete ${mode} ${to}`, to, { mode, method: 'DELETE' });
      await send(`without referrer ${to}`, to, { mode, method: 'POST', body, referrerPolicy: 'no-referrer' });
    }
  }
  navigator.sendBeacon(url + path, body);
  navigator.sendBeacon(url + path, new Blob([body], { type: 'text/plain' }));
  const load = (tag, properties, parent = document.body) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.onload = element.onerror = () => resolve(element);
    parent.append(element);
    setTimeout(() => resolve(element), 1_000);
  });
  await Promise.all([
    ...[path, '/favicon.ico', '/'].flatMap((to) => [
      load('img', { src: url + to }), load('script', { src: url + to }), load('link', { rel: 'stylesheet', href: url + to }),
      load('img', { src: url + to, referrerPolicy: 'no-referrer' }), load('link', { rel: 'prefetch', href: url + to }),
      load('iframe', { src: url + to }), load('object', { data: url + to }), load('video', { src: url + to }),
    ]),
    load('script', { src: `${url}/_sandbox/page/app.js`, type: 'module' }),
    tryTo('event source', () => new Promise((resolve) => {
      const source = new EventSource(`${url}/_sandbox/events?since=0`);
      source.onopen = () => resolve('open');
      source.onerror = () => resolve('');
    })),
    tryTo('web socket', () => new Promise((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`);
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('');
    })),
  ]);
  // Forms, each into a frame of its own.
  for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const frame = await load('iframe', { name: enctype, src: 'about:blank' });
    const form = Object.assign(document.createElement('form'), { action: url + path, method: 'post', enctype, target: enctype });
    form.append(Object.assign(document.createElement('input'), { name: body, value: '' }));
    document.body.append(form);
    await new Promise((resolve) => {
      frame.onload = resolve;
      form.submit();
      setTimeout(resolve, 1_000);
    });
  }
  return read;
}

for (const [name, options] of Object.entries({ loopback: [], 'every address': ['--address', '0.0.0.0'] })) {
  test(`a page of another origin gets nowhere: ${name}`, { timeout: 120_000 }, async () => {
    const sandbox = await Sandbox.start({ options });
    const foreign = await foreignPage();
    try {
      const port = new URL(sandbox.url).port;
      await foreign.page.goto(foreign.url);
      for (const host of ['127.0.0.1', 'localhost']) {
        const url = `http://${host}:${port}`;
        const args = { url, path: CHAT, key: sandbox.key, body: JSON.stringify(chat('foreign')) };
        assert.deepEqual(await foreign.page.evaluate(attack, args), []);
      }
      // Following a link, too.
      await foreign.page.setContent(`<a href="http://127.0.0.1:${port}/">look</a>`);
      await foreign.page.getByText('look').click();
      await foreign.page.getByText('a page of another origin caused this request').waitFor();
      const own = `http://127.0.0.1:${port}`;
      const { received, entries } = await (await fetch(`${own}/_sandbox/ledger`)).json();
      assert.deepEqual([received, entries], [0, []]);
      assert.deepEqual(await (await fetch(`${own}/_sandbox/faults`)).json(), []);
    } finally {
      await foreign.close();
      await sandbox.stop();
    }
  });
}

/** The page's own name now points here: for the browser it is the same origin. */
test('a rebound name gets nowhere', { timeout: 60_000 }, async () => {
  const sandbox = await Sandbox.start();
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const answer = await page.goto(`http://rebound.example:${sandbox.port}/`);
    assert.equal(answer.status(), 403);
    const statuses = await page.evaluate(async ({ path, key, body }) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const ask = async (to, options) => (await fetch(to, options)).status;
      return [
        await ask('/_sandbox/ledger'), await ask('/_sandbox/openapi.json'), await ask('/_sandbox/page/app.js'), await ask('/_sandbox/api'),
        await ask('/_sandbox/faults', { method: 'POST', headers, body: '{"action":"503"}' }),
        await ask(path, { method: 'POST', headers, body }),
      ];
    }, { path: CHAT, key: sandbox.key, body: JSON.stringify(chat('rebound')) });
    assert.deepEqual(statuses, [403, 403, 403, 403, 403, 403]);
    assert.equal((await sandbox.ledger()).received, 0);
    assert.deepEqual(await sandbox.faults(), []);
  } finally {
    await context.close();
    await sandbox.stop();
  }
});

test('a flood fills no memory', { timeout: 180_000 }, async () => {
  const sandbox = await Sandbox.start();
  const foreign = await foreignPage();
  try {
    await foreign.page.goto(foreign.url);
    // Many large requests at once, by a foreign page.
    await foreign.page.evaluate(async ({ url, path }) => {
      const body = 'x'.repeat(8_000_000);
      for (let turn = 0; turn < 2; turn++) {
        await Promise.allSettled(Array.from({ length: 8 }, () => fetch(url + path, { method: 'POST', mode: 'no-cors', body })));
      }
    }, { url: sandbox.url, path: CHAT });
    assert.equal((await sandbox.ledger()).received, 0);
    assert.ok(sandbox.peak() < MEMORY, `${sandbox.peak()} MB by a foreign page`);

    // And by a client that may: more than the ledger holds, and read meanwhile.
    const text = JSON.stringify(chat('"\\'.repeat(250_000)));
    for (let turn = 0; turn < 4; turn++) {
      await Promise.all(Array.from({ length: 12 }, async () => (await sandbox.send(text)).text()));
      await Promise.all([sandbox.ledger(), sandbox.ledger(), sandbox.ledger()]);
    }
    assert.equal((await sandbox.ledger()).received, 48);
    assert.ok(sandbox.peak() < MEMORY, `${sandbox.peak()} MB by a client`);
  } finally {
    await foreign.close();
    await sandbox.stop();
  }
});

test('a page of a named origin may use it', { timeout: 60_000 }, async () => {
  const foreign = await foreignPage();
  const sandbox = await Sandbox.start({ options: ['--allow-origin', foreign.url] });
  try {
    await foreign.page.goto(foreign.url);
    const outcome = await foreign.page.evaluate(async ({ url, path, key, body }) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      await fetch(`${url}/_sandbox/faults`, { method: 'POST', headers, body: '{"action": "503", "limit": 1}' });
      const busy = await fetch(url + path, { method: 'POST', headers, body });
      const sent = await fetch(url + path, { method: 'POST', headers, body });
      const { received } = await (await fetch(`${url}/_sandbox/ledger`)).json();
      return [busy.status, busy.headers.get('retry-after'), sent.status, received];
    }, { url: sandbox.url, path: CHAT, key: sandbox.key, body: JSON.stringify(chat('hi')) });
    assert.deepEqual(outcome, [503, '1', 200, 2]);
  } finally {
    await foreign.close();
    await sandbox.stop();
  }
});

/** What `send.ts` imports from Node.js. `observe` calls none of it. */
const NODE = { 'node:http': ['request'], 'node:https': ['request'], 'node:zlib': ['constants', 'gunzipSync', 'inflateRawSync', 'inflateSync'] };

test('send.ts reports the outcome of a page\'s fetch', { timeout: 60_000 }, async () => {
  const source = readFileSync(new URL('../../openapi/clients/send.ts', import.meta.url), 'utf8');
  const typescript = tool('typescript');
  const { outputText } = typescript.transpileModule(source, { compilerOptions: { target: 'es2022', module: 'es2022' } });
  const imports = Object.fromEntries(Object.entries(NODE).map(([name, members]) => [
    name, `data:text/javascript,export const ${members.map((member) => `${member} = undefined`).join()}`,
  ]));
  const foreign = await foreignPage(`<script type="importmap">${JSON.stringify({ imports })}</script>`, { '/send.js': outputText });
  const sandbox = await Sandbox.start({ options: ['--allow-origin', foreign.url] });
  try {
    await foreign.page.goto(foreign.url);
    const expected = {
      none: 'accepted none', 503: 'unknown look_first', 429: 'refused send_again', 401: 'refused fix_setup',
      'error-200': 'refused fix_message', 'html-200': 'unknown look_first', redirect: 'unknown look_first',
      reset: 'unknown look_first', 'reset-early': 'unknown look_first',
    };
    const outcomes = await foreign.page.evaluate(async ({ url, key, body, faults }) => {
      const { observe } = await import('/send.js');
      const outcomes = {};
      for (const fault of faults) {
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        if (fault !== 'none') headers['x-acquire-sandbox-fault'] = fault;
        const { outcome } = await observe((fetch) => fetch(url, { method: 'POST', headers, body }));
        outcomes[fault] = `${outcome.delivery} ${outcome.nextStep}`;
      }
      return outcomes;
    }, { url: sandbox.url + CHAT, key: sandbox.key, body: JSON.stringify(chat('hi')), faults: Object.keys(expected) });
    assert.deepEqual(outcomes, expected);
    // Chromium itself posts again after a kept connection is reset. The outcome says so.
    const { entries } = await sandbox.ledger();
    for (const [fault, outcome] of Object.entries(expected)) {
      const count = entries.filter((entry) => (entry.fault ?? 'none') === fault).length;
      assert.ok(count === 1 || (count > 1 && outcome === 'unknown look_first'), `${fault}: ${count} requests, ${outcome}`);
    }
  } finally {
    await foreign.close();
    await sandbox.stop();
  }
});
