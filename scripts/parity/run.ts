/** Compares all cases of some folders, one report each. */
import { caseFolders, readCase } from './case.js';
import { compareDistributions } from './distributionsCase.js';
import { compareModel } from './modelCase.js';
import type { CaseReport } from './report.js';

export async function compareFolder(folder: string): Promise<CaseReport> {
  const loaded = await readCase(folder);
  const { name, tensors } = loaded;
  const report =
    loaded.config === null
      ? await compareDistributions(loaded.reference, tensors)
      : await compareModel(loaded.config, loaded.reference, tensors);
  return report.result(name);
}

/** Yields the reports of all cases in the paths as they are made. */
export async function* compareAll(paths: readonly string[]): AsyncGenerator<CaseReport> {
  for (const folder of paths.flatMap(caseFolders)) yield await compareFolder(folder);
}
