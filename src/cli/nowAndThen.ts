/**
 * Makes a function that passes a line on at most every `milliseconds`, and drops those between. The first is dropped too:
 * what is over soon needs no progress.
 */
export function nowAndThen(tell: (line: string) => void, milliseconds = 2000): (line: string) => void {
  let last = performance.now();
  return (line) => {
    const now = performance.now();
    if (now - last < milliseconds) return;
    last = now;
    tell(line);
  };
}
