import { execFileSync } from 'node:child_process';

/**
 * The commit of a checkout, and what differs from it.
 * @param {string} root
 * @returns {{ commit: string, changes: readonly string[] }}
 */
export function checkoutOf(root) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trimEnd();
  const changes = git('status', '--porcelain');
  return {
    commit: git('rev-parse', 'HEAD'),
    changes: changes === '' ? [] : changes.split('\n').map((line) => line.slice(3)),
  };
}
