import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Whether the package with the addon for this platform is installed, and loads. A clone has nothing compiled yet when it is
 * installed, and none of these packages.
 */
export async function prebuiltLoads(root) {
  const finder = join(root, 'dist/engine/native/addonFiles.js');
  if (!existsSync(finder)) return false;
  try {
    const { prebuilt } = await import(pathToFileURL(finder).href);
    const { path } = prebuilt();
    if (path) createRequire(import.meta.url)(path);
    return path !== null;
  } catch {
    return false;
  }
}
