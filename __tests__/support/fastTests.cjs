/**
 * The tests of `npm run test:fast`: those that do not import anything that starts a process, an engine or a screen, either directly
 * or through files in __tests__ and scripts. There is no list to maintain: a test that starts a process is excluded. CommonJS, as
 * jest loads it.
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
  /\/streams\/plan\/measureInProcess\.js$/,
  /\/cli\/commands\/plan\.js$/,
];

const isOurs = (path) => /\/(__tests__|scripts)\//.test(path);

/** Whether files are fast, so that shared imports are read once. */
const known = new Map();

function isFast(file) {
  if (!known.has(file)) {
    known.set(file, true); // until it is known, for circular imports
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

/** Imports of values; type imports start nothing. */
const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)';/gm)].map(
    ([, name]) => name,
  );

module.exports = (paths) => ({ filtered: paths.filter(isFast) });
