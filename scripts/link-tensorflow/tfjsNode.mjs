/** Provides the package whose addon is built: the user's or our own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packages } from './options.mjs';
import { Problem } from './problem.mjs';

/** Same as the version of tfjs-core in package.json. */
const version = '4.22.0';

/**
 * Returns the folder of tfjs-node: where the engine finds it, or a new install next to our package. In a clone, it cannot go into
 * node_modules, because npm does not install the project's own optional peers there.
 */
export function provideTfjsNode(root, wanted) {
  const names = wanted ? [wanted] : packages.toReversed();
  const found = find(root, names) ?? names.map((name) => find(ownFolder(root, name), [name])).find(Boolean);
  return checked(found ?? install(root, wanted ?? packages[0]));
}

function ownFolder(root, name) {
  return join(root, '.tensorflow', name);
}

function find(place, names) {
  const require = createRequire(join(place, 'package.json'));
  for (const name of names) {
    try {
      return dirname(require.resolve(`@tensorflow/${name}/package.json`));
    } catch {
      // does not exist
    }
  }
  return undefined;
}

function checked(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (manifest.version !== version) {
    const remedy = `npm install --ignore-scripts ${manifest.name}@${version}`;
    throw new Problem(`${folder}: expected version ${version}, got ${manifest.version}; run "${remedy}"`);
  }
  if (!existsSync(join(folder, 'binding'))) {
    throw new Problem(`${folder} has no sources of its addon (folder binding); reinstall it`);
  }
  return folder;
}

/** Installs the package; it appears in place only when complete. */
function install(root, name) {
  const place = ownFolder(root, name);
  const beside = `${place}-${process.pid}`;
  try {
    mkdirSync(beside, { recursive: true });
    writeFileSync(join(beside, 'package.json'), '{ "private": true }\n');
    process.stdout.write(`installing @tensorflow/${name} ${version} in ${place}\n`);
    runNpm(beside, [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `@tensorflow/${name}@${version}`,
    ]);
    rmSync(place, { recursive: true, force: true });
    renameSync(beside, place);
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(error.code))
      throw new Problem(`${place} cannot be written to (${error.code}); run this as the user that owns it`);
    throw error;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return find(place, [name]);
}

function runNpm(folder, args) {
  const running = process.env.npm_execpath;
  const isNpm = running !== undefined && /npm-cli\.[cm]?js$/.test(running);
  const [command, before] = isNpm ? [process.execPath, [running]] : ['npm', []];
  // If npm runs this script, it sets variables about the calling project. They do not apply to this install.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(?:package_|config_local_prefix)/.test(key)),
  );
  const all = [...before, '--prefix', folder, ...args];
  const { error, status, stdout, stderr } = spawnSync(command, all, { cwd: folder, env, encoding: 'utf8' });
  if (error?.code === 'ENOENT') throw new Problem('npm was not found; install it, or put it on the PATH');
  if (error) throw error;
  if (status === 0) return;
  const line = stderr.split('\n').find((text) => /^npm (?:ERR!|error) (?!code )/.test(text));
  const why = line?.replace(/^npm (?:ERR!|error) /, '') ?? `npm exited with code ${status}`;
  throw new Problem(`@tensorflow packages could not be installed: ${why}`, `${stdout}${stderr}`);
}
