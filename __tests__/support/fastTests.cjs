/**
 * The tests of `npm run test:fast`: those that import nothing that starts a process, an engine or a screen, neither
 * themselves nor by what they use of __tests__ and scripts. No list has to be kept: a test that starts a process drops out.
 * CommonJS, as jest loads it.
 */
const { existsSync, readFileSync } = require('node:fs');
const { dirname, resolve } = require('node:path');

const slow = [
  /^node:(child_process|worker_threads)$/,
  /\/support\/(build\/built|engine|frames|terminal|tmux)\.js$/,
  /\/streams\/run\/writer\/writerThread\.js$/,
  /\/training\/trainer\.js$/,
  /\/streams\/run\/train\.js$/,
  /\/streams\/process\/trainInProcess\.js$/,
];

const isOurs = (path) => /\/(__tests__|scripts)\//.test(path);

/** Files by whether they are fast, so that what many tests use is read once. */
const known = new Map();

function isFast(file) {
  if (!known.has(file)) {
    known.set(file, true); // until it is known, for imports in a circle
    known.set(file, importsOf(file).every(isFastImport(file)));
  }
  return known.get(file);
}

const isFastImport = (file) => (name) => {
  if (slow.some((pattern) => pattern.test(name))) return false;
  if (!name.startsWith('.')) return true;
  const path = resolve(dirname(file), name);
  const source = ['.ts', '.tsx'].map((end) => path.replace(/\.js$/, end)).find((each) => existsSync(each));
  return source === undefined || !isOurs(source) || isFast(source);
};

/** Of values: types start nothing. */
const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)';/gm)].map(
    ([, name]) => name,
  );

module.exports = (paths) => ({ filtered: paths.filter(isFast) });
