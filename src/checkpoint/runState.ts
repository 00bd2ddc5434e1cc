/** Schema of the run's state in the metadata of a checkpoint. */
import { z } from 'zod';

function integer(expected: string, least: number) {
  const test = (given: unknown) => Number.isSafeInteger(given) && Number(given) >= least;
  return z.custom<number>(test, { error: `expected ${expected}` });
}

const count = integer('an integer >= 0', 0);
const section = { error: 'expected an object' };

export const trainerStateSchema = z.object(
  {
    seed: integer('an integer', Number.MIN_SAFE_INTEGER),
    position: z.object({ epoch: count, batchInEpoch: count, step: count, imagesSeen: count }, section),
    optimizerUpdates: count,
    emaUpdates: count.optional(),
  },
  section,
);

const number = z.number({ error: 'expected a number' });

export const validationRecordSchema = z.object(
  {
    epoch: count,
    images: z.string({ error: 'expected a text' }),
    best: z.object({ bitsPerDimension: number, epoch: count, step: count }, section).nullable(),
  },
  section,
);

export const dataPositionSchema = z.object(
  {
    epoch: count,
    imagesTaken: count,
    dataset: z.string({ error: 'expected a text' }).optional(),
  },
  section,
);
