/**
 * Tries other versions of Node: compiles the native engine with each, loads it, trains and samples, and runs the tests that start no
 * process, those of the engine, and those named. The binaries come from npm, and are kept in the user's cache.
 *
 *     npm run test:node                                the lowest version that is supported, 22, 24 and the newest
 *     npm run test:node -- 24 newest --seconds 2 --without build --tests __tests__/engine/native
 *
 * The addon of the last version stays; it is the same for all.
 */
import { Command } from 'commander';
import { checks, type Outcome, run } from './testNode/checks.js';
import { installNode } from './testNode/installNode.js';
import { tableOf } from './testNode/table.js';

const command = new Command('test:node')
  .argument('[versions...]', 'such as 22, 20.10.0, lowest or newest', ['lowest', '22', '24', 'newest'])
  .option('--without <names...>', `what is left out of ${Object.keys(checks).join(', ')}`)
  .option('--seconds <number>', 'how long to train', '8')
  .option('--tests <paths...>', 'tests to run instead of the fast ones')
  .parse();
const [versions] = command.processedArgs as [string[]];
const { without = [], ...options } = command.opts<{
  without?: string[];
  seconds: string;
  tests?: string[];
}>();

const rows: (Outcome & { version: string })[] = [];
for (const version of versions) {
  const node = installNode(version);
  for (const [name, check] of Object.entries(checks)) {
    if (without.includes(name)) continue;
    const { ok, seconds, output } = run(node.path, check, options);
    console.log(`Node ${node.version}: ${name} ${ok ? 'passed' : 'FAILED'}`);
    if (!ok) console.error(output.split('\n').slice(-60).join('\n'));
    rows.push({ version: node.version, name, ok, seconds });
  }
}
console.log(`\n${tableOf(rows)}`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
