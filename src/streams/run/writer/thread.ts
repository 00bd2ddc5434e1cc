/** The writer thread of a run: however slow the disk is, writing a checkpoint neither delays a step nor waits for one. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import { toPlainError } from '../plainError.js';
import type { FromThread, Request, ToThread } from './messages.js';
import { createRunWriter, type RunWriterOptions } from './runWriter.js';

const writer = createRunWriter(workerData as RunWriterOptions, (error) =>
  tell({ type: 'lost', error: toPlainError(error) }),
);
const states = new Map<number, Checkpoint>();

parentPort?.on('message', ({ id, ...request }: ToThread) => {
  handled(request).then(
    () => tell({ type: 'done', id }),
    (error: unknown) => tell({ type: 'done', id, error: toPlainError(error) }),
  );
});

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

async function handled(request: Request): Promise<void> {
  switch (request.type) {
    case 'append':
      return writer.append(request.log, request.bytes);
    case 'save':
      return save(request);
    case 'ready':
      return writer.ready();
    case 'flush':
      return writer.flush();
    case 'close':
      return writer.close();
  }
}

async function save({ path, state, checkpoint }: Extract<Request, { type: 'save' }>): Promise<void> {
  if (checkpoint) states.set(state, checkpoint);
  const content = states.get(state);
  if (!content) throw new RangeError(`internal: the writer thread has no state ${state}`);
  await writer.save(path, content);
  states.delete(state);
}
