// Puts the page together.

import { admin } from './admin.js';
import { $, h, problem } from './dom.js';
import { offerOperations, refreshFaults, showFaults } from './faults.js';
import { gather } from './gather.js';
import { showMessages } from './messages.js';
import { operationIds, showReference } from './reference.js';

/** How long changes are gathered before the fault rules are asked for, in milliseconds. */
const GATHER = 200;

/** Shows the view that the address names, by its own name or by that of something within it. */
function route() {
  const target = $(location.hash.slice(1)) ?? $('messages');
  const view = target.closest('main > section') ?? $('messages');
  for (const section of document.querySelectorAll('main > section')) section.hidden = section !== view;
  for (const link of document.querySelectorAll('nav[aria-label=Views] a')) {
    if (link.hash === `#${view.id}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (target === view) scrollTo(0, 0);
  else target.scrollIntoView();
}

async function load() {
  const { account } = await admin('GET', '/state');
  const keys = account.keys.map(({ key }) => key);
  $('key').value ||= keys[0];
  $('keys').replaceChildren(...keys.map((key) => h('option', { value: key })));
  $('base-url').textContent = location.origin;
  $('first-key').textContent = keys[0];
  const api = await admin('GET', '/openapi.json');
  showReference(api);
  offerOperations(operationIds(api));
}

const changed = gather(GATHER, refreshFaults);
showFaults();
showMessages(changed);
addEventListener('hashchange', route);
document.addEventListener('visibilitychange', changed);
route();
try {
  await load();
  route();
} catch (error) {
  problem('api-problem', `The reference can't be shown: ${error.message}`);
}
