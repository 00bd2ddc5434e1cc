import { checkpointExists } from '../../../checkpoint/checkpointExists.js';
import { saveModel } from '../../../checkpoint/saveModel.js';
import type { FinishedEvent, StoppedEvent } from '../events.js';
import type { Run } from '../opening/run.js';
import { resumeWords } from '../resumeWords.js';
import type { RunState } from '../state/runState.js';
import { bestModelOf } from '../validation/bestModelOf.js';

/** The last event of a run; if all epochs are done, the final model is written first. */
export async function endEvent(
  run: Run,
  { position, stopReason: reason, validation }: RunState,
  seconds: () => number,
): Promise<StoppedEvent | FinishedEvent> {
  const { trainer, config, paths, writer } = run;
  if (reason !== null) {
    const checkpoint = position.step > 0 ? paths.checkpoint : null;
    return { type: 'stopped', ...position, reason, checkpoint, seconds: seconds() };
  }
  const { tensors } = await trainer.snapshot();
  await writer.ready();
  try {
    await saveModel(paths.model, { config, tensors });
  } catch (error) {
    if (error instanceof Error) error.message += `; ${resumeWords(await checkpointExists(paths.checkpoint))}`;
    throw error;
  }
  const bestModel = run.validation && { bestModel: bestModelOf(run, validation?.best ?? null) };
  return { type: 'finished', ...position, model: paths.model, ...bestModel, seconds: seconds() };
}
