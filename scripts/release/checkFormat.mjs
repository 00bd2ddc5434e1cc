import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Checks an addon's file with .ci/checkPrebuilt.py, where Python (`PYTHON`) has the package that it needs. */
export function checkFormat(root, folder) {
  const { PYTHON = 'python3' } = process.env;
  const test = 'format, oldest systems, imported symbols';
  if (spawnSync(PYTHON, ['-c', 'import lief']).status !== 0) {
    return { test, outcome: 'not run', detail: `${PYTHON} has no package lief` };
  }
  const check = spawnSync(PYTHON, [join(root, '.ci/checkPrebuilt.py'), folder], { encoding: 'utf8' });
  return check.status === 0
    ? { test, outcome: 'passed', detail: check.stdout.trim().replaceAll(/ +/g, ' ') }
    : { test, outcome: 'failed', detail: check.stderr.trim() };
}
