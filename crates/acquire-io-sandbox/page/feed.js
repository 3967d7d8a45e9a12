// The ledger's entries as they arrive, without gaps and without doubles, also when the connection breaks or
// the server starts anew.

import { admin } from './admin.js';

/** How long to wait before connecting again, in milliseconds: at first, and at most. */
const RETRY = [250, 4_000];

/**
 * Calls `onEntry` for the last `backlog` entries and for each that follows. `onState` is told 'live', or 'lost'
 * until the server is there again; `onRestart`, that another server has taken the place of the last one.
 */
export function follow(backlog, { onEntry, onState, onRestart }) {
  let seen = null;
  let wait = RETRY[0];

  async function connect() {
    let since;
    try {
      since = await start();
    } catch {
      return again();
    }
    const source = new EventSource(`/_sandbox/events?since=${since}`);
    source.addEventListener('open', () => {
      wait = RETRY[0];
      onState('live');
    });
    source.addEventListener('entry', (event) => {
      const entry = JSON.parse(event.data);
      seen = { number: entry.number, time: entry.time };
      onEntry(entry);
    });
    // Not left to the browser, which would ask a new server for what comes after the old one's last number.
    source.addEventListener('error', () => {
      source.close();
      again();
    });
  }

  function again() {
    onState('lost');
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, RETRY[1]);
  }

  /** The number after which to go on. */
  async function start() {
    if (seen) {
      const { entries: [entry] } = await admin('GET', `/ledger?since=${seen.number - 1}&limit=1`);
      if (entry?.number === seen.number && entry.time === seen.time) return seen.number;
      // The last entry is gone: the server is another one, or its ledger was emptied. Whatever it holds is new.
      seen = null;
      onRestart();
    }
    const { received, dropped, entries: [first] } = await admin('GET', '/ledger?limit=1');
    if (!first) return 0;
    const last = first.number + (received - dropped) - 1;
    return Math.max(first.number - 1, last - backlog);
  }

  connect();
}
