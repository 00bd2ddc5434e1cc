/** Compares all cases of some paths. */
import { caseFolders } from './caseFolders.js';
import type { CaseReport } from './report.js';

/** Yields the reports of all cases in the paths as they are made. */
export async function* compareAll(paths: readonly string[]): AsyncGenerator<CaseReport> {
  for (const { folder, kind } of paths.flatMap(caseFolders)) yield* kind.compare(folder);
}
