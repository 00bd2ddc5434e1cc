/** @throws RangeError when there is no such rank. */
export function checkRoot(root: number, size: number): void {
  if (Number.isInteger(root) && root >= 0 && root < size) return;
  throw new RangeError(`broadcast: root must be an integer from 0 to ${size - 1}, got ${root}`);
}
