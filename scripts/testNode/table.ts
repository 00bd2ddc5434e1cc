import type { Outcome } from './checks.js';

/** A line for each version, a column for each check. */
export function tableOf(outcomes: readonly (Outcome & { readonly version: string })[]): string {
  const names = [...new Set(outcomes.map(({ name }) => name))];
  const versions = [...new Set(outcomes.map(({ version }) => version))];
  const cell = (version: string, name: string) => {
    const found = outcomes.find((outcome) => outcome.version === version && outcome.name === name);
    return found ? `${found.ok ? 'passed' : 'FAILED'} (${Math.round(found.seconds)} s)` : '';
  };
  const lines = versions.map((version) => [version, ...names.map((name) => cell(version, name))]);
  return [['Node', ...names], ...lines]
    .map((line) =>
      line
        .map((text) => text.padEnd(16))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
