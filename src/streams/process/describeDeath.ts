import { EngineFailedError } from '../../engine/engines.js';
import type { Death } from './workerRun.js';

const memoryAdvice = 'a smaller batch_size needs less';

/** Describes how a process ended, as a sentence. */
export function describeDeath(death: Death): string {
  const { failure } = death;
  if (failure instanceof EngineFailedError) return `engine ${failure.engine}: ${failure.problem}`;
  return failure ? failure.message : `the run's process ${describeEnd(death)}`;
}

function describeEnd({ signal, exitCode, output }: Death): string {
  if (/out of memory|bad_alloc/i.test(output)) return `ran out of memory (${memoryAdvice})`;
  if (signal === 'SIGKILL') return `was killed, possibly because memory ran out (${memoryAdvice})`;
  if (signal) return `crashed (${signal}${lastLine(output)})`;
  return `ended with exit code ${exitCode}${lastLine(output)}`;
}

/** The last meaningful line of its output. */
function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => /error|assert|fatal|terminate/i.test(line)).at(-1);
  return telling ? `: ${telling.slice(0, 200)}` : '';
}
