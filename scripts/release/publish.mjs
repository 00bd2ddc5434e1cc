import { npm } from './npm.mjs';

/** Publishes a tarball. npm takes the registry and who publishes from its own configuration. */
export function publish(tarball) {
  const args = ['publish', tarball, '--access', 'public', '--ignore-scripts'];
  npm(args, { stdio: 'inherit' });
}
