/** The recorded numbers of the PyTorch implementation: all of them where they lie beside the repository, else a small copy. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const beside = '../shared/reference';
const copy = '__tests__/fixtures/reference';

/** A folder of cases as `npm run parity` takes it. The copy keeps large files in parts, which are joined in a temporary folder. */
export function referenceFolder(): string {
  return existsSync(beside) ? beside : joinedCopy();
}

/** The copy in a temporary folder, files in one piece. */
export function joinedCopy(): string {
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
