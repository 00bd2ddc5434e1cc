/** The comparison as text. */
import { type Figure, opponentOf, ownRatios, ratioOf, type Spread, spreadOf } from './figures.js';
import { type Tried, textOf } from './search.js';
import { nameOf } from './variants.js';

export interface Comparison {
  readonly config: string;
  readonly batch: number;
  readonly tried: readonly Tried[];
  readonly step: readonly Figure[];
  readonly sample: readonly Figure[];
}

const width = 62;
const numbers = ({ min, median }: Spread) => `${min.toFixed(3).padStart(8)} ${median.toFixed(3).padStart(8)}`;

/** Rows of one kind of work: seconds, the ratio to PyTorch's best, and the memory. */
export function rowsOf(title: string, figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => {
    const opponent = figure.variant.by === 'rx-nvae' ? opponentOf(figure, figures) : undefined;
    const ratio = opponent ? numbers(ratioOf(figure, opponent)) : ' '.repeat(17);
    const memory = `${(figure.peakBytes / 1e9).toFixed(2)} GB`.padStart(9);
    return `${nameOf(figure.variant).padEnd(width)} ${numbers(spreadOf(figure))}   ${ratio}   ${memory}`;
  });
  const own = ownRatios(figures).map(({ name, ratio }) => {
    return `${name.padEnd(width)} ${' '.repeat(17)}   ${numbers(ratio)}`;
  });
  const head = `${title.padEnd(width)}      min   median   / PyTorch: min, median       peak`;
  return [head, ...rows, ...own];
}

export function table({ config, batch, tried, step, sample }: Comparison): string {
  return [
    `${config}, batch ${batch}`,
    '',
    'PyTorch, each alone:',
    ...tried.map(textOf),
    '',
    ...rowsOf('training step, seconds', step),
    '',
    ...rowsOf('nine samples, seconds', sample),
  ].join('\n');
}
