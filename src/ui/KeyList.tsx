import { Text } from 'ink';

/** Describes a key, for the bottom line and for the help page. */
export interface KeyHelp {
  readonly key: string;
  /** Description in a word or two. */
  readonly short: string;
  readonly long: string;
}

/** One line per key, with its full explanation. */
export function KeyList({ keys }: { readonly keys: readonly KeyHelp[] }) {
  const widest = Math.max(...keys.map(({ key }) => key.length));
  return keys.map(({ key, long }) => (
    <Text key={key} wrap="truncate">{`  ${key.padEnd(widest)}  ${long}`}</Text>
  ));
}
