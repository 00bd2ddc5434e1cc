/** `nvae runs`: a table of runs, and what differs in their configurations. */
import { join } from 'node:path';
import { lastValueFrom, takeUntil, tap, toArray } from 'rxjs';
import { type ConfigDifference, configDifferences } from '../../config/configDifferences.js';
import { listRuns } from '../../streams/runs/listRuns.js';
import { runSummaries } from '../../streams/runs/runSummaries.js';
import type { RunSummary } from '../../streams/runs/runSummary.js';
import { screenSizeOf } from '../../ui/screenSize.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { noSuchRun } from '../runs/noSuchRun.js';
import { differenceTable, runTable } from '../runs/runTable.js';
import { interruptible } from '../terminal/interruptible.js';
import { createOutput } from '../terminal/output.js';

interface RunsOptions extends CommonOptions {
  readonly folder: string;
}

export function runs(given: readonly string[], options: RunsOptions): Promise<void> {
  const output = createOutput(options);
  return interruptible(output, async (stop$) => {
    const { folder } = options;
    const known = await listRuns(folder);
    const unknown = given.find((name) => !known.includes(name));
    if (unknown !== undefined) throw noSuchRun(unknown, known, join(folder, 'runs'));
    const names = given.length > 0 ? [...new Set(given)] : known;
    const bar = output.progressBar({ label: 'reading journals', total: names.length, unit: 'runs' });
    let done = 0;
    const found$ = runSummaries({ folder, names, onWarning: output.warning }).pipe(
      tap(() => {
        done += 1;
        bar.at(done);
      }),
      toArray(),
      takeUntil(stop$),
    );
    const found = await lastValueFrom(found$, { defaultValue: null }).finally(() => bar.end());
    if (found === null) return;
    if (given.length === 0) found.sort((a, b) => (b.lastActivity ?? 0) - (a.lastActivity ?? 0));
    const configured = found.filter(({ config }) => config !== null);
    const differences = configDifferences(configured.flatMap(({ config }) => config ?? []));
    const compared = configured.map(({ name }) => name);
    if (found.length === 0 && !options.json) {
      return output.progress(`there are no runs in ${join(folder, 'runs')}; nvae train starts one`);
    }
    const width = screenSizeOf(process.stdout).columns;
    const { lines, omitted } = runTable(found, width, Date.now());
    output.result(
      { runs: found, differences: differences.map((each) => named(each, compared)) },
      [...lines, ...differenceLines(found, compared, differences, width)].join('\n'),
    );
    if (omitted.length > 0) {
      output.progress(`not shown, for lack of width: ${omitted.join(', ')}; --json prints everything`);
    }
  });
}

function named({ key, values }: ConfigDifference, names: readonly string[]) {
  return { key, values: Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])) };
}

function differenceLines(
  found: readonly RunSummary[],
  compared: readonly string[],
  differences: readonly ConfigDifference[],
  width: number,
): string[] {
  if (compared.length < 2) return [];
  if (differences.length > 0) return ['', ...differenceTable(compared, differences, width)];
  const who = compared.length === found.length ? 'the configurations' : 'the known configurations';
  return ['', `${who} do not differ`];
}
