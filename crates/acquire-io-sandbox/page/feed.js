// The ledger's entries as they arrive, without gaps and without doubles, also when the connection breaks or
// the server starts anew.

import { admin } from './admin.js';

/** How long to wait before connecting again, in milliseconds: at first, and at most. */
const RETRY = [250, 4_000];

/**
 * Calls `onEntry` for the last `backlog` entries and for each that follows, with how many were received since
 * the call before: more than one if some were passed over. `onState` is told 'live', or 'lost' until the server
 * is there again; `onRestart`, that another server has taken the place of the last one.
 */
export function follow(backlog, { onEntry, onState, onRestart }) {
  /** The last entry: {number, time}. */
  let seen = null;
  /** Until there is one, the number before the first that counts. */
  let base = null;
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
      const { number, time } = entry;
      const before = seen?.number ?? base ?? number - 1;
      seen = { number, time };
      onEntry(entry, number - before);
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
    if (seen && !await isKept(seen)) {
      // The server is another one, or its ledger was emptied. Whatever it holds is new.
      seen = null;
      onRestart();
    }
    const { received, dropped, entries: [first] } = await admin('GET', '/ledger?limit=1');
    base = first ? first.number - dropped - 1 : null;
    return first ? Math.max(seen?.number ?? base, base + received - backlog) : 0;
  }

  connect();
}

async function isKept({ number, time }) {
  const { entries: [entry] } = await admin('GET', `/ledger?since=${number - 1}&limit=1`);
  return entry?.number === number && entry.time === time;
}
