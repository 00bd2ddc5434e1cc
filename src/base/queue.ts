/** Runs asynchronous calls one after the other, in the order in which they were made. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #closed: Error | null = null;

  /** Runs the call after all earlier ones; one that fails does not stop those behind it. */
  run<T>(call: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#closed) throw this.#closed;
      return call();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Lets the running call finish, then runs `last`; calls that have not begun by then fail with the reason. */
  close(reason: Error, last: () => void): Promise<void> {
    if (this.#closed) return this.#last.then(() => undefined);
    this.#closed = reason;
    const result = this.#last.then(last);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
