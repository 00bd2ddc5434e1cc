import { defer, finalize, type Observable, type ObservableInput } from 'rxjs';
import type { Output } from './output.js';
import type { ProgressBar, ProgressBarOptions } from './progressBars.js';

/** What `work` gives, with a bar that is there from the subscription until the end, the error or the unsubscribe. */
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
