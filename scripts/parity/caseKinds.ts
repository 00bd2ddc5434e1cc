/** The kinds of cases that `npm run parity` knows. */
import { basename, resolve } from 'node:path';
import { readCase } from './case.js';
import { compareDistributions } from './distributionsCase.js';
import { compareEvaluation } from './evaluationCase.js';
import { compareLikelihoods } from './likelihoodsCase.js';
import { compareModel } from './modelCase.js';
import type { CaseReport, Report } from './report.js';
import { compareTorch } from './torchCase.js';

/** A folder is a case of a kind if it contains the kind's file. */
export interface CaseKind {
  readonly file: string;
  /** Compares the case in a folder; yields one or more reports. */
  compare(folder: string): AsyncIterable<CaseReport>;
}

export const caseKinds: readonly CaseKind[] = [
  { file: 'reference.json', compare: compareReference },
  { file: 'expected.json', compare: compareTorch },
  evaluationKind('evaluation.json', compareEvaluation),
  evaluationKind('likelihoods.json', compareLikelihoods),
];

/** One report per folder; its name tells it from a case of another kind in a folder with the same name. */
function evaluationKind(file: string, compare: (folder: string) => Promise<Report>): CaseKind {
  return {
    file,
    async *compare(folder) {
      yield (await compare(folder)).result(`evaluation/${basename(resolve(folder))}`);
    },
  };
}

async function* compareReference(folder: string): AsyncGenerator<CaseReport> {
  const loaded = await readCase(folder);
  const { name, tensors } = loaded;
  const report =
    loaded.config === null
      ? await compareDistributions(loaded.reference, tensors)
      : await compareModel(loaded.config, loaded.reference, tensors);
  yield report.result(name);
}
