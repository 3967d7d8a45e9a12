// Each view as a picture, in target/browser-screenshots, and what a screen reader meets there.

import assert from 'node:assert/strict';

import { DESKTOP, PHONE, barriers, pageTest, screenshot } from './browser.mjs';
import { detail, shown } from './rows.mjs';
import { CHAT, chat } from './sandbox.mjs';

const FAILED_LOAD = /^Failed to load resource/;
const WIDE = { width: 1920, height: 1080 };

/** Some of everything. */
async function fill(sandbox) {
  const by = (side) => ({ path: `${CHAT}?x-user-type=${side}` });
  await sandbox.send(chat('Good morning! Is the flat in Rose Street still free?', 2069), by('contact'));
  await sandbox.send(chat('Good morning! Yes, it is. Would you like to see it on Tuesday at 3 pm?', 2069), by('user'));
  await sandbox.accept(chat('Prefers afternoons.', 2069, 'note'));
  await sandbox.accept(chat('Anna joined the conversation', 2069, 'event'));
  await sandbox.mail({
    subject: 'Your invoice 4711', textBody: 'Dear customer,\n\nOne night: 120.00 EUR',
    htmlBody: '<h1 style="color:#0a5">Your invoice</h1><table border="1"><tr><td>One night</td><td>120.00 EUR</td></tr></table>',
  });
  await sandbox.sms('Your code is 123456. '.repeat(10));
  await sandbox.send(chat('to a closed case', 27));
  await sandbox.send({ caseId: 28, mesage: 'a slip' });
  await sandbox.send(undefined, { path: '/elsewhere', method: 'GET' });
  const rules = [{ action: '503', limit: 2 }, { name: 'slow for case 9', match: { case: 9 }, action: 'slow', enabled: false }];
  await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(rules),
  });
  await sandbox.send(chat('x'.repeat(300)));
  return 10;
}

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, wide: WIDE })) {
  for (const colorScheme of name === 'wide' ? ['light'] : ['light', 'dark']) {
    pageTest(`it fits, and can be used by all: ${name}, ${colorScheme}`, { viewport, colorScheme, expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
      const look = async (view) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= viewport.width, `${view} is ${width} wide`);
        await screenshot(page, `${name}-${colorScheme}-${view}`);
        assert.deepEqual(await barriers(page), [], view);
      };
      const visit = async (hash) => {
        await page.goto(`${sandbox.url}/${hash}`);
      };
      await open();
      await look('empty');
      const count = await fill(sandbox);
      await shown(page, count);
      await look('inbox');
      await visit('#case=2069');
      await shown(page, 4);
      await look('conversation');
      for (const [number, title, view] of [[5, 'E-mail 5', 'mail'], [6, 'SMS 6', 'sms'], [8, 'Chat message 8', 'refused']]) {
        await visit(`#message=${number}`);
        const article = await detail(page, title);
        if (view === 'mail') await page.frameLocator('#message iframe').getByText('Your invoice').waitFor();
        await look(view);
        await article.getByRole('tab', { name: 'Request' }).click();
        await look(`${view}-request`);
      }
      await visit('#text=nothing+like+it');
      await page.getByText('No message matches.').waitFor();
      await look('none');
      await visit('#');
      await shown(page, count);
      await page.getByRole('button', { name: 'Clear…' }).click();
      await look('clear');
      await page.getByRole('button', { name: 'Keep' }).click();
      await visit('#view=faults');
      await page.getByText('applied to 1').waitFor();
      await look('faults');
      await page.goto(`${sandbox.url}/_sandbox/api`);
      await page.locator('#operations-sms-sendSms .opblock-summary-control').click();
      await page.locator('#operations-sms-sendSms').getByRole('button', { name: 'Execute' }).waitFor();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= viewport.width, `the reference is ${width} wide`);
      // Its colours are Swagger UI's.
      assert.deepEqual(await barriers(page, ['color-contrast']), [], 'reference');
      await page.evaluate(() => document.getElementById('operations-sms-sendSms').scrollIntoView());
      await screenshot(page, `${name}-${colorScheme}-reference`);
    });
  }
}
