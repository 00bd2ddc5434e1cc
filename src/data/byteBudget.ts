/** Bounds how many bytes are in memory at the same time. */
export interface ByteBudget {
  /** Starts `work` when its bytes fit beside those of running work, in the order of the calls; work of any size may run alone. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** @param limit bytes of all running work together */
export function byteBudget(limit: number): ByteBudget {
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  let [taken, running] = [0, 0];
  const startMore = () => {
    for (let next = waiting[0]; next && (running === 0 || taken + next.bytes <= limit); next = waiting[0]) {
      waiting.shift();
      taken += next.bytes;
      running += 1;
      next.start();
    }
  };
  return {
    async run(bytes, work) {
      const turn = new Promise<void>((start) => {
        waiting.push({ bytes, start });
      });
      startMore();
      await turn;
      try {
        return await work();
      } finally {
        taken -= bytes;
        running -= 1;
        startMore();
      }
    },
  };
}
