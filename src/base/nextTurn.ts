/**
 * Resolves in the next turn of the event loop, after pending timers, input and signals. The native engine computes within one
 * turn, so a loop of steps without this would block everything else. Browsers have no `setImmediate`, so a timer is used there.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
