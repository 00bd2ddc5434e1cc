/** Writes tables between the marks of a page. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const biome = fileURLToPath(new URL('../../node_modules/@biomejs/biome/bin/biome', import.meta.url));

/**
 * @param texts what stands between the marks of each name. Null: what the page has stays
 * @returns all tables that were written, for the terminal
 */
export function writeTables(page: string, texts: Readonly<Record<string, string | null>>): string {
  const known = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null);
  let content = readFileSync(page, 'utf8');
  for (const [name, text] of known) content = replaced(content, name, text, page);
  writeFileSync(page, content);
  spawnSync(process.execPath, [biome, 'format', '--write', page], { stdio: 'ignore' });
  return known.map(([, text]) => text).join('\n\n');
}

/** @throws Error when the page lacks the marks */
export function replaced(content: string, name: string, text: string, page: string): string {
  const [begin, end] = [`<!-- ${name}, written by npm run results -->`, `<!-- end of ${name} -->`];
  const [from, to] = [content.indexOf(begin), content.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page}: expected the marks ${begin} and ${end}`);
  return `${content.slice(0, from + begin.length)}\n\n${text}\n\n${content.slice(to)}`;
}
