/** What .ci/cleanInstall runs in its root file system: `/release` has the tarballs, `/npm` is npm. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';

const unwanted = ['/bin/sh', '/bin/bash', '/usr/bin/gcc', '/usr/bin/cc', '/usr/bin/make', '/usr/bin/python3'];
const there = unwanted.filter(existsSync);
if (there.length > 0) throw new Error(`not a clean root file system: it has ${there.join(', ')}`);

mkdirSync('/tmp/project');
process.chdir('/tmp/project');
writeFileSync('package.json', '{ "private": true }\n');
const here = /^rx-nvae-(\d.*|native-linux-x64-.*)\.tgz$/;
const tarballs = readdirSync('/release').filter((name) => here.test(name));

function node(...args) {
  const begin = performance.now();
  const env = { ...process.env, PATH: '/node/bin' };
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit code ${status}`);
  process.stdout.write(`--- ${((performance.now() - begin) / 1000).toFixed(1)} s: ${args.join(' ')}\n`);
}

const nvae = (...args) => node('node_modules/rx-nvae/dist/cli/main.js', ...args, '--engine', 'native');
node('/npm/bin/npm-cli.js', 'install', '--ignore-scripts', ...tarballs.map((name) => `/release/${name}`));
nvae('doctor');
nvae('sample', 'digits', '0.8', '--count', '32', '--separate', '--out', 'photos');
nvae('train', 'demo', '--dataset', 'photos', '--seconds', '5', '--quiet');
