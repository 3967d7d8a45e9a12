// The fault rules, from the page.

import assert from 'node:assert/strict';

import { pageTest } from './browser.mjs';
import { chat } from './sandbox.mjs';

const FAILED_LOAD = /^Failed to load resource/;

pageTest('a fault changes the next answer', { expected: FAILED_LOAD }, async ({ sandbox, page, open }) => {
  await open('#view=faults');
  const form = page.locator('#fault-form');
  await form.getByLabel('What happens').selectOption('503');
  await form.getByLabel('Operation').selectOption('sendChatMessage');
  await form.getByLabel('Case').fill('28');
  await form.getByLabel('Apply N times').fill('9');
  await form.getByLabel('Name').fill('busy <b>');
  await form.getByRole('button', { name: 'Add' }).click();
  const rule = page.locator('#fault-list > li', { hasText: 'busy <b>' });
  await rule.getByRole('switch').waitFor();
  const [{ rule: added }] = await sandbox.faults();
  assert.deepEqual([added.match.operation, added.match.case, added.limit], ['sendChatMessage', 28, 9]);

  const status = async (caseId) => (await sandbox.send(chat('hi', caseId))).status;
  assert.equal(await status(28), 503);
  assert.equal(await status(9), 200);
  await page.getByText('answer 503; sendChatMessage, case 28, 9 times. Matched 1, applied to 1.').waitFor();
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

pageTest('every fault that the form offers is one of the sandbox', {}, async ({ sandbox, page, open }) => {
  await open('#view=faults');
  const form = page.locator('#fault-form');
  const presets = await (await fetch(`${sandbox.url}/_sandbox/presets`)).json();
  const offered = await form.getByLabel('What happens').locator('option').allTextContents();
  assert.deepEqual(offered, presets.map(({ description }) => description));
  for (const { name, action } of presets) {
    await form.getByLabel('What happens').selectOption(name);
    await form.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('switch').waitFor();
    const [{ rule }] = await sandbox.faults();
    assert.deepEqual(rule.action, action);
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('switch').waitFor({ state: 'detached' });
  }
});
