/** Recorded numbers of the PyTorch implementation in this repository: two of all recorded cases. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const copy = fileURLToPath(new URL('../../__tests__/fixtures/reference', import.meta.url));

/**
 * Returns a folder of cases for `npm run parity`. The repository stores large files in parts; this temporary folder contains them
 * complete. The caller removes it.
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
