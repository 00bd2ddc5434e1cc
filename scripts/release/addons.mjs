import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folders of packages with addons: those in `prebuilt`, else freshly built ones.
 * @throws Error when one is not there or was not built
 */
export function addonsOf({ root, chosen, prebuilt, work }) {
  const from = prebuilt ?? join(work, 'prebuilt');
  if (!prebuilt) {
    const names = chosen.map(({ name }) => name);
    const script = join(root, 'scripts/build-prebuilt.mjs');
    execFileSync(process.execPath, [script, ...names, '--out', from], { stdio: 'inherit' });
  }
  return chosen.map((platform) => {
    const folder = join(from, platform.name);
    if (!existsSync(join(folder, 'nvae.node'))) {
      throw new Error(
        `${folder} has no nvae.node; make it with "npm run build:prebuilt -- ${platform.name}"`,
      );
    }
    return { platform, folder };
  });
}
