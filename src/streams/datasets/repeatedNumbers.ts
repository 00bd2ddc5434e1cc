export interface RepeatedNumbers {
  /** How many numbers occur more than once. */
  readonly groups: number;
  /** How many numbers would go if one of each group stayed. */
  readonly surplus: number;
  /** The places of the first groups, each in ascending order, by their first places. */
  readonly first: readonly (readonly number[])[];
}

/**
 * Numbers that occur more than once in a list; 0 stands for none. Takes as much memory as the list.
 * @param most the longest list of groups, and of places in a group
 */
export function repeatedNumbers(numbers: BigUint64Array, most: number): RepeatedNumbers {
  const sorted = numbers.slice().sort();
  let [groups, surplus] = [0, 0];
  for (let i = 1; i < sorted.length; i += 1) {
    if (sorted[i] === 0n || sorted[i] !== sorted[i - 1]) continue;
    surplus += 1;
    if (i === 1 || sorted[i - 2] !== sorted[i]) groups += 1;
  }
  const first = new Map<bigint, number[]>();
  for (let place = 0; groups > 0 && place < numbers.length; place += 1) {
    const number = numbers[place] as bigint;
    const places = first.get(number);
    if (places) {
      if (places.length < most) places.push(place);
    } else if (first.size < Math.min(most, groups) && isRepeated(sorted, number)) first.set(number, [place]);
  }
  return { groups, surplus, first: [...first.values()] };
}

/** Whether a number occurs twice in a sorted list that has it. */
function isRepeated(sorted: BigUint64Array, number: bigint): boolean {
  if (number === 0n) return false;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < number) low = middle + 1;
    else high = middle;
  }
  return sorted[low + 1] === number;
}
