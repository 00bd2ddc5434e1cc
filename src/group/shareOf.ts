/** A rank's part of a list: `count` items from `first`. */
export interface Share {
  readonly first: number;
  readonly count: number;
}

/** Returns which of `total` items a rank takes: neighbours, in the order of the ranks, as equal in number as possible; maybe none. */
export function shareOf(
  total: number,
  { rank, size }: { readonly rank: number; readonly size: number },
): Share {
  const first = Math.floor((rank * total) / size);
  return { first, count: Math.floor(((rank + 1) * total) / size) - first };
}
