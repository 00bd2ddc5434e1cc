import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';

/** Returns where Node finds the `.wasm` files of tfjs: in the folder of its package, which the user installed. */
export function packageFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  return join(dirname(manifest), 'dist') + sep;
}
