/**
 * Keys of the outermost object of a valid JSON text, repeated ones included (`JSON.parse` keeps only the last of
 * those, and a file that has a name twice must be refused).
 */
export function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let text: string | null = null;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  for (const [token] of json.matchAll(tokens)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1 && text !== null) keys.push(String(JSON.parse(text)));
    text = token.startsWith('"') ? token : null;
  }
  return keys;
}
