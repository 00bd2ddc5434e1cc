import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseKind, caseKinds } from './caseKinds.js';

/** A folder with recorded numbers. */
export interface CaseFolder {
  readonly folder: string;
  readonly kind: CaseKind;
}

/**
 * The cases in a path: the path itself, or its subfolders; other folders in it are no cases.
 * @throws RangeError when there are none
 */
export function caseFolders(path: string): CaseFolder[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new RangeError(
      `${path}: expected a folder with reference data, got ${existsSync(path) ? 'a file' : 'nothing'}`,
    );
  }
  const itself = casesOf(path);
  if (itself.length > 0) return itself;
  const names = readdirSync(path).sort();
  const inside = names.flatMap((name) => casesOf(join(path, name)));
  if (inside.length > 0) return inside;
  const files = caseKinds.map(({ file }) => file).join(' or ');
  throw new RangeError(`${path}: expected folders with a ${files}, got none`);
}

function casesOf(folder: string): CaseFolder[] {
  return caseKinds.filter(({ file }) => existsSync(join(folder, file))).map((kind) => ({ folder, kind }));
}
