// The sandbox's own endpoints.

/** Calls an endpoint below `/_sandbox`. Throws with the reason if it refuses. */
export async function admin(method, path, body) {
  const answer = await fetch(`/_sandbox${path}`, {
    method,
    // Also without a body: it is what other origins can't send.
    headers: { 'content-type': 'application/json' },
    body,
    cache: 'no-store',
  });
  const text = await answer.text();
  if (!answer.ok) {
    let reason = text;
    try {
      reason = JSON.parse(text).error.message;
    } catch {
      // Not the envelope.
    }
    throw new Error(reason || `The sandbox answered ${answer.status}.`);
  }
  return text === '' ? undefined : JSON.parse(text);
}
