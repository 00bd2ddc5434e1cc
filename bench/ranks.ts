/**
 * Compares steps of several ranks with one thread each, started by mpirun on this machine, with steps of one rank: with one thread and the
 * batch of a rank, and with as many threads as ranks and the whole batch. The variants run in turns; each gets its shortest step.
 *
 *     npm run bench:ranks -- --ranks 2 --config logistic_mixture10latent --batch 8 --steps 5 --rounds 2
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { RankFigures, RankTask } from './rank.js';

interface Options {
  readonly config: string;
  readonly ranks: number;
  readonly batch: number;
  readonly steps: number;
  readonly rounds: number;
  readonly set: readonly string[];
}

interface Variant {
  readonly name: string;
  readonly ranks: number;
  readonly threads: number;
  /** Images of each rank. */
  readonly batch: number;
  readonly overlap: boolean;
  readonly together: boolean;
}

const program = fileURLToPath(new URL('rank.ts', import.meta.url));

function variantsOf({ ranks, batch }: Options): Variant[] {
  const usual = { overlap: true, together: true };
  const one = { ranks: 1, ...usual };
  const many = { ranks, threads: 1, batch, ...usual };
  return [
    { name: '1 rank, 1 thread', ...one, threads: 1, batch },
    { name: `1 rank, ${ranks} threads`, ...one, threads: ranks, batch: ranks * batch },
    { name: `${ranks} ranks, 1 thread each`, ...many },
    { name: '  gradients after the pass', ...many, overlap: false },
    { name: '  a model of its own each', ...many, together: false }, // what the machine has for them
  ];
}

async function run(
  { ranks, threads, batch, overlap, together }: Variant,
  { config, steps, set }: Options,
): Promise<RankFigures> {
  const task: RankTask = { config, set, batch, steps, overlap, together };
  const node = [process.execPath, '--import', 'tsx', program, JSON.stringify(task)];
  const launcher = ranks === 1 ? [] : ['mpirun', '--oversubscribe', '--bind-to', 'none', '-n', String(ranks)];
  const [command = '', ...args] = [...launcher, ...node];
  const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...asRoot, NVAE_THREADS: String(threads) },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => output.push(piece));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return JSON.parse(Buffer.concat(output).toString());
}

const options = new Command('bench:ranks')
  .option('--config <name>', 'configuration: a name or a path', 'logistic_mixture10latent')
  .option('--ranks <number>', 'number of ranks', Number, 2)
  .option('--batch <number>', 'images per rank and step', Number, 8)
  .option('--steps <number>', 'measured steps', Number, 5)
  .option('--rounds <number>', 'how often each variant runs', Number, 2)
  .option(
    '--set <key=value>',
    'override a key of the configuration (repeatable)',
    (value, all: string[]) => [...all, value],
    [],
  )
  .parse()
  .opts<Options>();

const variants = variantsOf(options);
const best = new Map<Variant, RankFigures>();
for (let round = 0; round < options.rounds; round++) {
  for (const variant of variants) {
    const figures = await run(variant, options);
    const before = best.get(variant);
    if (!before || figures.seconds.min < before.seconds.min) best.set(variant, figures);
  }
}
const speed = (variant: Variant) =>
  (variant.ranks * variant.batch) / (best.get(variant)?.seconds.min ?? Number.NaN);
const alone = speed(variants[0] as Variant);
console.log(
  '                                 step     images/s  of ideal  blocking sums          waiting for gradients',
);
for (const variant of variants) {
  const { seconds, blocking, waiting } = best.get(variant) as RankFigures;
  const share = (time: number) => `${((100 * time) / seconds.median).toFixed(1)} %`;
  const cells = [
    variant.name.padEnd(30),
    `${seconds.min.toFixed(3)} s`.padStart(8),
    speed(variant).toFixed(2).padStart(10),
    (speed(variant) / alone / variant.ranks / (variant.ranks === 1 ? variant.threads : 1))
      .toFixed(3)
      .padStart(9),
    ...(variant.ranks === 1
      ? []
      : [
          `  ${blocking.calls} in ${(1000 * blocking.seconds).toFixed(1)} ms, ${share(blocking.seconds)}`.padEnd(
            24,
          ),
          `${(1000 * waiting).toFixed(1)} ms, ${share(waiting)}`,
        ]),
  ];
  console.log(cells.join(' '));
}
