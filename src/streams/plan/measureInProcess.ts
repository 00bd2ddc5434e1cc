import { fork } from 'node:child_process';
import { processOf } from '../../base/ownFile.js';
import { fromPlainError } from '../run/plainError.js';
import type { Measurement, MeasurementRequest } from './measurement.js';
import type { Measured } from './measuring.js';

/**
 * Measures the steps of a configuration in a process of its own. Null if the system ended that process, as it does when memory runs out.
 * @throws what training throws: EngineUnavailableError, RangeError
 */
export function measureInProcess(
  request: MeasurementRequest,
  signal?: AbortSignal,
): Promise<Measurement | null> {
  return new Promise((resolve, reject) => {
    const { path, execArgv } = processOf(import.meta.url, 'measuring');
    const child = fork(path, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv,
    });
    let result: Measured | null = null;
    let output = '';
    const stop = () => child.kill('SIGKILL');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
    child.on('message', (message: Measured) => {
      result = message;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(signal.reason);
      else if (result && 'measurement' in result) resolve(result.measurement);
      else if (result) reject(fromPlainError(result.error));
      else if (code === null) resolve(null);
      else reject(new Error(`the process that measures ended with exit code ${code}: ${output.trim()}`));
    });
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    child.send(request, () => undefined); // if the process is gone already, `close` says so
  });
}
