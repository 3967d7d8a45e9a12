// The API reference: Swagger UI, for this server.

import assert from 'node:assert/strict';

import { pageTest } from './browser.mjs';

pageTest('a documented example can be sent from the reference', { expected: /^Failed to load resource/ }, async ({ sandbox, page }) => {
  await page.goto(`${sandbox.url}/_sandbox/api`);
  let sent = 0;
  for (const id of ['chat-sendChatMessage', 'mail-sendMailMessage', 'sms-sendSms']) {
    const operation = page.locator(`#operations-${id}`);
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    const { entries, received } = await sandbox.ledger();
    sent++;
    assert.equal(received, sent);
    const { operation: used, verdict } = entries.at(-1);
    assert.deepEqual([used, verdict], [id.split('-')[1], 'accepted']);
  }
  assert.ok((await page.locator('#swagger-ui').innerText()).includes('Your Acquire account') === false);
});
