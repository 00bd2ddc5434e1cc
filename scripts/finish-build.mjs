/** What `npm run build` does after the compiler: dist/cli/main.js becomes executable, and tfjs' gradients one module. */
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleGradients } from './finish-build/bundleGradients.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
await bundleGradients(root);
