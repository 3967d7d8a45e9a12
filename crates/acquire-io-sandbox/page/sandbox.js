// The sandbox's own endpoints.

/** How long to wait before connecting again, in milliseconds: at first, and at most. */
const RETRY = [250, 4_000];

/** Calls an endpoint below `/_sandbox`. Throws the reason of a refusal. */
export async function call(path, { method = 'GET', json } = {}) {
  const answer = await fetch(`/_sandbox${path}`, {
    method,
    headers: json === undefined ? {} : { 'content-type': 'application/json' },
    body: json,
    cache: 'no-store',
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(reason(text) ?? `The sandbox answered ${answer.status}.`);
  const isJson = answer.headers.get('content-type')?.startsWith('application/json');
  return isJson ? JSON.parse(text) : text;
}

function reason(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return undefined;
  }
}

/** Calls `onEntry` for each message that arrives, and `onState` with 'live' or 'lost'. Reconnects automatically. */
export function follow({ onEntry, onState }) {
  let wait = RETRY[0];
  const connect = () => {
    const source = new EventSource('/_sandbox/events?summary=true');
    source.addEventListener('open', () => {
      wait = RETRY[0];
      onState('live');
    });
    source.addEventListener('entry', ({ data }) => onEntry(JSON.parse(data)));
    // The browser itself would not reconnect after some errors.
    source.addEventListener('error', () => {
      source.close();
      onState('lost');
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, RETRY[1]);
    });
  };
  connect();
}
