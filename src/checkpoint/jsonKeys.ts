/**
 * Keys of the outermost object of a valid JSON text, including repeated ones. `JSON.parse` keeps only the last of those, and a file
 * that contains a name twice must be rejected.
 */
export function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let text: string | null = null;
  const tokens = /["{}[\]:]/g;
  for (let match = tokens.exec(json); match; match = tokens.exec(json)) {
    const [token] = match;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1 && text !== null) keys.push(String(JSON.parse(text)));
    text = null;
    if (token !== '"') continue;
    tokens.lastIndex = endOfText(json, match.index);
    if (depth === 1) text = json.slice(match.index, tokens.lastIndex);
  }
  return keys;
}

/** Index after the closing quote. No regular expression, because that overflows the stack on long texts. */
function endOfText(json: string, begin: number): number {
  for (let end = json.indexOf('"', begin + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return json.length;
}
