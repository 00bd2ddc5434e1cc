/**
 * Resolves in the event loop's next turn, after timers, input and signals that are due. The native engine computes inside one
 * turn, so a loop of steps without this would let nothing else run. Browsers have no `setImmediate`; a timer does there.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
