import { beforeEach, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { trainWhileBetter } from '../../examples/early-stopping/trainWhileBetter.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTestEngine } from '../support/engine.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

useTestEngine();
const inFolder = useTemporaryFolder();
beforeEach(() => writePictures(inFolder('dataset'), 8));

/** Two steps an epoch, whose losses are those given, the last for all that follow. */
async function run(losses: readonly number[], training: readonly string[]) {
  const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (config, more) => {
    const trainer = await Trainer.create(config, more);
    const step = trainer.step.bind(trainer);
    trainer.step = async (images, epoch) => {
      const reconstructionLoss = losses[Math.min(epoch, losses.length - 1)] ?? 0;
      return { ...(await step(images, epoch)), reconstructionLoss, kl: 0 };
    };
    return trainer;
  };
  const options: TrainOptions = {
    dataset: inFolder('dataset'),
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: null,
    previews: { samples: 0 },
    createTrainer,
  };
  const config = smallConfig(['epochs_per_checkpoint=1000', 'write_reconstruction=false', ...training]);
  const keep = inFolder('best.checkpoint');
  const events = await lastValueFrom(
    trainWhileBetter(config, options, { keep, patience: 2 }).pipe(toArray()),
  );
  const { state } = await loadCheckpoint(keep);
  return { last: events.at(-1), kept: state.position.step };
}

test('should stop after two epochs that are no better, and keep the state behind the best', async () => {
  const { last, kept } = await run([5, 3, 4, 2, 3, 3], ['epochs=20']);
  expect(kept).toBe(8);
  expect(last).toMatchObject({ type: 'stopped', reason: 'stop', step: 12 });
});

test('should keep the last state where it never gets worse', async () => {
  const { last, kept } = await run([5, 4, 3], ['epochs=3']);
  expect([last?.type, kept]).toEqual(['finished', 6]);
});
