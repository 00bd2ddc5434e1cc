/** The process that `measureInProcess` starts: measures what the message asks for, and sends the result. */
import { writeFileSync } from 'node:fs';
import '../run/train.js'; // a run loads it, and its memory counts
import { type PlainError, toPlainError } from '../run/plainError.js';
import { type Measurement, type MeasurementRequest, measureSteps } from './measurement.js';

/** The only message of the process. */
export type Measured = { readonly measurement: Measurement } | { readonly error: PlainError };

/** If memory runs out, the system ends this process rather than another one (Linux). */
function giveWay(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // another system, or not permitted
  }
}

giveWay();
process.on('disconnect', () => process.exit());
process.once('message', async (request: MeasurementRequest) => {
  const result: Measured = await measureSteps(request).then(
    (measurement) => ({ measurement }),
    (error: unknown) => ({ error: toPlainError(error) }),
  );
  process.send?.(result, () => process.exit());
});
