/** The file of a run's best model: a `.model` file that also says when it was measured, and how good it was. */
import type { AtomicWriteOptions } from './atomicWrite.js';
import { CheckpointError } from './checkpointError.js';
import { readSafetensorsHeader } from './readSafetensors.js';
import type { BestRecord } from './validationRecord.js';
import { type ModelData, weightsOf } from './weightsOf.js';
import { writeModelFile } from './writeModelFile.js';

/** @throws CheckpointError when a value is not finite, or the file cannot be written; the previous file is then still intact */
export async function saveBestModel(
  path: string,
  model: ModelData,
  best: BestRecord,
  options: Pick<AtomicWriteOptions, 'guard'>,
): Promise<void> {
  const content = weightsOf(model, path);
  const metadata = { ...content.metadata, best: JSON.stringify(best) };
  await writeModelFile(path, { ...content, metadata }, options);
}

/** Number of steps that the model in the file had made; null if there is no such file, or it does not say. */
export async function stepOfBestModel(path: string): Promise<number | null> {
  try {
    const { metadata } = await readSafetensorsHeader(path);
    const { step } = Object(JSON.parse(metadata.get('best') ?? 'null')) as Partial<BestRecord>;
    return typeof step === 'number' ? step : null;
  } catch (error) {
    if (error instanceof CheckpointError || error instanceof SyntaxError) return null;
    throw error;
  }
}
