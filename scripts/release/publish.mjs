import { execFileSync } from 'node:child_process';

/** Publishes a tarball. npm takes the registry and who publishes from its own configuration. */
export function publish(tarball) {
  const args = ['publish', tarball, '--access', 'public', '--ignore-scripts'];
  execFileSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
}
