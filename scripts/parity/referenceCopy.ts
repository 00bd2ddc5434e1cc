/** The recorded numbers of the PyTorch implementation that this repository holds: two cases of all that were recorded. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const copy = fileURLToPath(new URL('../../__tests__/fixtures/reference', import.meta.url));

/**
 * A folder of cases as `npm run parity` takes it. Large files are kept in parts; the folder is a temporary one, in which they
 * are in one piece. The caller removes it.
 */
export function referenceCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nvae-reference-'));
  cpSync(copy, folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const parts = readdirSync(join(folder, name))
      .filter((file) => /\.part\d$/.test(file))
      .sort();
    if (parts.length === 0) continue;
    const whole = Buffer.concat(parts.map((part) => readFileSync(join(folder, name, part))));
    writeFileSync(join(folder, name, 'reference.safetensors'), whole);
  }
  return folder;
}
