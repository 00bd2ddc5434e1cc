/** Merges calls made during a turn into one more turn after it, so that synchronous streams do not nest. */
export function coalesceCalls(turn: () => void): () => void {
  let [active, again] = [false, false];
  return () => {
    again = true;
    if (active) return;
    active = true;
    while (again) {
      again = false;
      turn();
    }
    active = false;
  };
}
