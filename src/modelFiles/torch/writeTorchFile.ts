import { parse } from 'node:path';
import { writeOrRefuse } from '../../checkpoint/writeOrRefuse.js';
import { writePieces } from '../../checkpoint/writePieces.js';
import type { PickleContent } from '../../pytorch/pickleContent.js';
import { torchFilePieces } from '../../pytorch/torchFilePieces.js';

/** @throws CheckpointError when the file cannot be written; the previous file is then still intact */
export async function writeTorchFile(path: string, content: PickleContent): Promise<void> {
  await writeOrRefuse(path, (file) => writePieces(file, torchFilePieces(content, parse(path).name)));
}
