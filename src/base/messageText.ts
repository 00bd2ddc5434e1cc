/** Any value as a few words of a message. Aliases and damage make values that are endless, or too large to print. */

const longest = 80;
const mostEntries = 5;
const deepest = 3;

/** JSON as far as it fits into a line; `nothing` for undefined. */
export function describeValue(value: unknown): string {
  return value === undefined ? 'nothing' : cut(json(value, deepest));
}

/** A text of at most `length` characters; what is left out shows as dots. */
export function cut(text: string, length = longest): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

/** A text without line ends, and without sequences that a terminal would obey. */
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
