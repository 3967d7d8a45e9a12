// Connects the parts of the page: which view the address names, and when to refresh it.

import { $, gather } from './dom.js';
import { refreshFaults, startFaults } from './faults.js';
import { refreshInbox, showInbox, startInbox } from './inbox.js';
import { call, follow } from './sandbox.js';
import { brief } from './text.js';

/** How long changes are gathered before a refresh, in milliseconds. */
const GATHER = 100;

function route() {
  // Of the link that skips to the messages. It names no view.
  if (location.hash === '#list') return;
  const place = new URLSearchParams(location.hash.slice(1));
  const isFaults = place.get('view') === 'faults';
  $('inbox').hidden = isFaults;
  $('faults').hidden = !isFaults;
  for (const [id, isCurrent] of [['inbox-link', !isFaults], ['faults-link', isFaults]]) {
    if (isCurrent) $(id).setAttribute('aria-current', 'page');
    else $(id).removeAttribute('aria-current');
  }
  if (!isFaults) showInbox(place);
}

async function firstSteps() {
  const { account } = await call('/state');
  const [{ key }] = account.keys;
  const [{ id }] = account.cases.filter(({ status }) => status === 'active').slice(-1);
  $('first-steps').textContent = [
    `export ACQUIRE_BASE_URL=${location.origin}`,
    `export ACQUIRE_API_KEY=${key}`,
    `acquire chat send --case ${id} --as-agent --text 'Hello!'`,
  ].join('\n');
}

const changed = gather(GATHER, () => {
  refreshInbox();
  refreshFaults();
});
startInbox();
startFaults();
addEventListener('hashchange', route);
document.addEventListener('visibilitychange', changed);
route();
follow({
  onEntry({ kind, verdict, reason }) {
    $('news').textContent = brief(`New: ${kind || 'request'}, ${verdict}${reason ? `: ${reason}` : ''}`, 200);
    changed();
  },
  onState(state) {
    $('connection').className = state;
    $('connection').textContent = state === 'live' ? 'live' : 'no connection, trying again…';
    if (state === 'live') changed();
  },
});
// If this fails, the page works without it.
firstSteps().catch(() => {});
