import { Text } from 'ink';

/** What a key does, for the bar at the bottom and for the page that explains all. */
export interface KeyHelp {
  readonly key: string;
  /** In a word or two. */
  readonly short: string;
  readonly long: string;
}

/** A line a key, in whole sentences. */
export function KeyList({ keys }: { readonly keys: readonly KeyHelp[] }) {
  const widest = Math.max(...keys.map(({ key }) => key.length));
  return keys.map(({ key, long }) => (
    <Text key={key} wrap="truncate">{`  ${key.padEnd(widest)}  ${long}`}</Text>
  ));
}
