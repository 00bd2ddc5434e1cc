import { createRequire } from 'node:module';

/** Of the given packages those that this process has loaded; all of them are CommonJS, or load such a one (Ink loads React). */
export function loaded(...names: readonly string[]): string[] {
  const paths = Object.keys(createRequire(import.meta.url).cache).map((path) => path.replaceAll('\\', '/'));
  return names.filter((name) => paths.some((path) => path.includes(`/node_modules/${name}/`)));
}
