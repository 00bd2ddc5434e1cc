/**
 * Trains model_configs/demo.yaml on the emoji of the npm package emoji-datasource-google, then samples from the model, with the
 * same two commands that a user would type. Writes everything to demo/; when run again, it resumes.
 *
 *     npm run demo -- --seconds 20
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'dist/cli/main.js');

function nvae(...args: string[]): void {
  console.error(`\n$ nvae ${args.map((arg) => relative(root, arg) || arg).join(' ')}`);
  const { status, signal } = spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

const { seconds, engine } = new Command('demo')
  .option('--seconds <number>', 'how long to train', '170')
  .option('--engine <name>', 'compute engine', 'auto')
  .parse()
  .opts<{ seconds: string; engine: string }>();

const emoji = join(
  dirname(createRequire(import.meta.url).resolve('emoji-datasource-google/package.json')),
  'img/google/64',
);
nvae('train', 'demo', '--dataset', emoji, '--folder', 'demo', '--seconds', seconds, '--engine', engine);
nvae(
  'sample',
  'demo/saved_weights/demo.checkpoint',
  '0.8',
  '--out',
  'demo/images/samples.png',
  '--engine',
  engine,
);
