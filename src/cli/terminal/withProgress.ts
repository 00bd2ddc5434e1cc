import { defer, finalize, type Observable, type ObservableInput } from 'rxjs';
import type { Output } from './output.js';
import type { ProgressBar, ProgressBarOptions } from './progressBars.js';

/** The stream of `work`, with a progress bar from subscription until completion, error or unsubscribe. */
export function withProgress<T>(
  output: Output,
  options: ProgressBarOptions,
  work: (bar: ProgressBar) => ObservableInput<T>,
): Observable<T> {
  return defer(() => {
    const bar = output.progressBar(options);
    return defer(() => work(bar)).pipe(finalize(() => bar.end()));
  });
}
