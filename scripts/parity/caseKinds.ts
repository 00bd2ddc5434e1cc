/** The kinds of cases that `npm run parity` knows. */
import { readCase } from './case.js';
import { compareDistributions } from './distributionsCase.js';
import { compareModel } from './modelCase.js';
import type { CaseReport } from './report.js';

/** A folder is a case of a kind if it contains the kind's file. */
export interface CaseKind {
  readonly file: string;
  /** Compares the case in a folder; yields one or more reports. */
  compare(folder: string): AsyncIterable<CaseReport>;
}

export const caseKinds: readonly CaseKind[] = [{ file: 'reference.json', compare: compareReference }];

async function* compareReference(folder: string): AsyncGenerator<CaseReport> {
  const loaded = await readCase(folder);
  const { name, tensors } = loaded;
  const report =
    loaded.config === null
      ? await compareDistributions(loaded.reference, tensors)
      : await compareModel(loaded.config, loaded.reference, tensors);
  yield report.result(name);
}
