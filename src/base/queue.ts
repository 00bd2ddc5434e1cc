/** Runs asynchronous calls one after another, in the order in which they were made. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #closed: Error | null = null;

  /** Runs the call after all earlier ones. A failed call does not stop the following ones. */
  run<T>(call: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#closed) throw this.#closed;
      return call();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits for the running call, then runs `last`. Calls that have not started by then fail with `reason`. */
  close(reason: Error, last: () => void): Promise<void> {
    if (this.#closed) return this.#last.then(() => undefined);
    this.#closed = reason;
    const result = this.#last.then(last);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
