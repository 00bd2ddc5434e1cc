import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Endings of the files that a run leaves in its folder for weights. */
const ends: readonly (readonly [begin: string, end: string])[] = [
  ['final_result_', '.model'],
  ['', '.checkpoint'],
];

/**
 * Names of the runs in a folder, sorted: those with a folder in `runs`, and those with a checkpoint or a final model in
 * `saved_weights`, such as imported ones.
 * @param folder folder with the `saved_weights` and `runs` of runs
 * @returns the names; none if there is no such folder
 * @example
 * for (const name of await listRuns('.')) console.log(name);
 */
export async function listRuns(folder: string): Promise<string[]> {
  const [runs, weights] = await Promise.all(
    ['runs', 'saved_weights'].map((name) =>
      readdir(join(folder, name), { withFileTypes: true }).catch(() => []),
    ),
  );
  const names = new Set<string>();
  for (const entry of runs ?? []) if (!entry.isFile()) names.add(entry.name);
  for (const { name } of (weights ?? []).filter((entry) => !entry.isDirectory())) {
    for (const [begin, end] of ends) {
      if (name.startsWith(begin) && name.endsWith(end)) names.add(name.slice(begin.length, -end.length));
    }
  }
  return [...names].sort();
}
