// Chromium, and a page of it that must stay quiet.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

import { Sandbox } from './sandbox.mjs';

const target = fileURLToPath(new URL('../../target/', import.meta.url));
export const tool = createRequire(`${target}browser-tools/`);
const { chromium } = tool('playwright-core');

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    // A name that an attacker points at this machine.
    '--host-resolver-rules=MAP rebound.example 127.0.0.1',
  ],
});
after(() => browser.close());

/**
 * A test with a sandbox and a page. It fails if the page opens a dialog, tries a request to an origin that isn't in
 * `origins`, violates its policy, throws, or logs an error that `expected` doesn't match.
 */
export function pageTest(name, options, body) {
  const { expected, viewport = DESKTOP, colorScheme = 'light', settings = [] } = options;
  test(name, { timeout: 120_000 }, async () => {
    const sandbox = await Sandbox.start({ options: settings });
    const context = await browser.newContext({ viewport, colorScheme, permissions: ['clipboard-read', 'clipboard-write'] });
    try {
      const noise = [];
      const origins = new Set([sandbox.url]);
      await context.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          console.error(`policy violated: ${violatedDirective} ${blockedURI}`));
      });
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (!origins.has(url.origin) && url.protocol !== 'data:' && url.protocol !== 'blob:') {
          noise.push(`request to ${url}`);
        }
      });
      context.on('page', () => noise.push('a page was opened'));
      const page = await context.newPage();
      noise.length = 0;
      page.on('dialog', (dialog) => {
        noise.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
      page.on('pageerror', (error) => noise.push(`thrown: ${error}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !expected?.test(message.text())) noise.push(message.text());
      });
      const open = async (view = '', url = sandbox.url) => {
        origins.add(url);
        await page.goto(`${url}/${view}`);
        await page.locator('#connection.live').waitFor();
        await page.locator('#empty, #none, #messages li, #faults').filter({ visible: true }).first().waitFor();
      };
      await body({ sandbox, page, open, origins });
      assert.deepEqual(noise, []);
    } finally {
      await context.close();
      await sandbox.stop();
    }
  });
}

/**
 * The longest task that an action gives a page, in milliseconds. Counts processor time: that other programs keep
 * the processor busy makes no difference.
 */
export async function longestTask(page, action) {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await action();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const main = new Set(threads.map(({ tid }) => tid));
  const tasks = traceEvents.filter(({ name, tid }) => name === 'RunTask' && main.has(tid));
  assert.notEqual(tasks.length, 0);
  // The shortest have no `tdur`.
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur), 0) / 1_000;
}

/** How many nodes a page keeps alive, in the document or out of it. */
export async function nodes(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  const counters = await devtools.send('Memory.getDOMCounters');
  await devtools.detach();
  return counters.nodes;
}

const axe = readFileSync(`${target}browser-tools/node_modules/axe-core/axe.min.js`, 'utf8');

/** What axe-core finds: WCAG 2.2 up to AA, and best practices, without the rules `except`. Frames are skipped: they show mail. */
export async function barriers(page, except = []) {
  // Not by a script element, which the page's policy forbids.
  await page.evaluate(axe);
  const rules = Object.fromEntries(except.map((rule) => [rule, { enabled: false }]));
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { iframes: false, rules }), rules);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`);
}

/** For a look at it, in target/browser-screenshots. */
export async function screenshot(page, name) {
  const folder = `${target}browser-screenshots`;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Passes connections on to a port, and can break them all. */
export async function proxy(port) {
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  });
  const listen = async (at) => once(server.listen(at, '127.0.0.1'), 'listening');
  await listen(0);
  const { port: own } = server.address();
  return {
    url: `http://127.0.0.1:${own}`,
    async cut() {
      const closed = once(server, 'close');
      server.close();
      open.forEach((socket) => socket.destroy());
      await closed;
    },
    restore: () => listen(own),
  };
}
