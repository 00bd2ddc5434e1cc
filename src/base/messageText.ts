/** Describes any value in a few words for a message. Aliases and damaged data can make values endless or too large to print. */

const longest = 80;
const mostEntries = 5;
const deepest = 3;

/** Returns the value as JSON, cut to fit on a line; `nothing` for undefined. */
export function describeValue(value: unknown): string {
  return value === undefined ? 'nothing' : cut(json(value, deepest));
}

/** Cuts a text to at most `length` characters; dots mark what was cut. */
export function cut(text: string, length = longest): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

/** Replaces control characters in a text, including line ends and terminal escape sequences. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

function json(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longest));
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value);
  const parts: string[] = [];
  for (const key in value) {
    const inner = depth > 0 ? json(Reflect.get(value, key), depth - 1) : '...';
    if (parts.length < mostEntries) parts.push(isList ? inner : `${json(key, 0)}:${inner}`);
    else parts[mostEntries] = '...';
    if (parts.length > mostEntries) break;
  }
  return isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}
