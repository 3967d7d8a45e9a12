// The API reference in a browser, and the Postman collection against the sandbox.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../../target/', import.meta.url));
const tool = createRequire(`${target}document-tools/`);
const { chromium } = tool('playwright-core');
const newman = tool('newman');

const document = JSON.parse(readFileSync(new URL('../../openapi/acquire.json', import.meta.url)));
const operations = Object.entries(document.paths).map(([path, { post }]) => ({ path, ...post }));

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
after(() => browser.close());

for (const [name, viewport] of Object.entries(SIZES)) {
  test(`the reference is complete on a ${name}, without a network`, { timeout: 120_000 }, async () => {
    const page = await browser.newPage({ viewport });
    try {
      page.setDefaultTimeout(90_000);  // a busy machine takes long to draw the page
      const noise = [];
      page.on('pageerror', (error) => noise.push(`thrown: ${error}`));
      page.on('request', (request) => {
        if (!/^(data|blob|file|about):/.test(request.url())) noise.push(`request to ${request.url()}`);
      });
      const fits = async () => {
        const width = await page.evaluate(() => window.document.documentElement.scrollWidth);
        assert.ok(width <= viewport.width, `${width} pixels wide`);
      };
      const reference = `file://${target}reference/index.html`;
      mkdirSync(`${target}reference/screenshots`, { recursive: true });
      await page.goto(reference);
      await page.getByRole('heading', { name: document.info.title }).waitFor();
      await fits();
      await page.screenshot({ path: `${target}reference/screenshots/${name}.png` });

      for (const { path, summary, operationId, tags: [tag] } of operations) {
        await page.goto('about:blank');
        await page.goto(`${reference}#/${tag}/${operationId}`);
        const operation = page.locator(`#operations-${tag}-${operationId}.is-open`);
        await operation.getByText(summary, { exact: true }).waitFor();
        await operation.getByText(path).first().waitFor();
        await fits();
        await page.screenshot({ path: `${target}reference/screenshots/${name}-${operationId}.png` });
      }
      assert.deepEqual(noise, []);
    } finally {
      await page.close();
    }
  });
}

test('each request of the Postman collection is accepted', { timeout: 60_000 }, async () => {
  const sandbox = spawn(`${process.env.CARGO_TARGET_DIR ?? target}/debug/acquire-io-sandbox`, ['--port', '0', '--quiet'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: sandbox.stdout })[Symbol.asyncIterator]();
    const url = (await lines.next()).value.replace('listening on ', '');
    const key = (await lines.next()).value.replace('API key: ', '');

    const collection = JSON.parse(readFileSync(`${target}reference/acquire.postman_collection.json`));
    // The user type in one spelling.
    const queries = [];
    JSON.stringify(collection, (key, value) => {
      if (key === 'query') queries.push(...value.map((parameter) => parameter.key));
      return value;
    });
    assert.ok(queries.includes('x-user-type') && !queries.includes('-x-user-type'));

    const envVar = [{ key: 'baseUrl', value: url }, { key: 'bearerToken', value: key }];
    const { run } = await new Promise((resolve, reject) => {
      newman.run({ collection, envVar }, (error, summary) => (error ? reject(error) : resolve(summary)));
    });
    const answers = run.executions.map(({ item, response }) => [item.name, response?.code]);
    assert.deepEqual(answers, operations.map(({ summary }) => [summary, 200]));

    const ledger = await (await fetch(`${url}/_sandbox/ledger`)).json();
    assert.deepEqual(ledger.entries.map(({ verdict }) => verdict), operations.map(() => 'accepted'));
  } finally {
    sandbox.kill();
    await once(sandbox, 'exit');
  }
});
