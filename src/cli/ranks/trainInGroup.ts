/** `nvae train` on a rank. Loads the engine. */
import { concat, concatMap, defer, from, type Observable } from 'rxjs';
import type { NvaeConfig } from '../../config/types.js';
import { useEngine } from '../../engine/index.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import type { TrainInProcessOptions } from '../../streams/process/trainInProcess.js';
import { type TrainEvent, warning } from '../../streams/run/events.js';
import { train } from '../../streams/run/train.js';
import type { Output } from '../terminal/output.js';
import { together } from './together.js';
import { useProcessors } from './useProcessors.js';

/**
 * As `trainInProcess`, but in this process, which is the one that the launcher knows: where it crashes, the launcher ends all ranks.
 */
export function trainInGroup(
  config: NvaeConfig,
  { engine = 'auto', restarts: _, restartDelay: __, ...options }: TrainInProcessOptions,
  group: ProcessGroup,
  output: Output,
): Observable<TrainEvent> {
  const used = async () => {
    await useProcessors(group, output);
    return together(group, async () => {
      const { warnings } = await useEngine(engine);
      return { warnings, events$: train(config, { ...options, group }) };
    });
  };
  return defer(used).pipe(
    concatMap(({ warnings, events$ }) =>
      concat(from(warnings.map((message) => warning('engine', message))), events$),
    ),
  );
}
