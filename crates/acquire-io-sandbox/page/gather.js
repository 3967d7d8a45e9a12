// Many calls, done at once.

/** A function that calls `action` after a delay in milliseconds, once for all its calls until then. */
export function gather(delay, action) {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      action();
    }, delay);
  };
}
