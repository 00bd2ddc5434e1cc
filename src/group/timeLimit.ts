/** How long a rank waits for the others in one call, unless it is told otherwise: longer than what rank 0 does alone, such as previews. */
export const defaultTimeLimitMs = 600_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads NVAE_GROUP_TIMEOUT, a number of seconds.
 * @throws RangeError when it is invalid
 */
export function timeLimitOf(environment: Environment = process.env): number {
  const text = environment.NVAE_GROUP_TIMEOUT;
  if (!text) return defaultTimeLimitMs;
  const seconds = Number(text);
  if (seconds > 0 && seconds < Number.POSITIVE_INFINITY) return seconds * 1000;
  throw new RangeError(
    `NVAE_GROUP_TIMEOUT: must be a positive number of seconds (got "${text}"); unset it to wait ${defaultTimeLimitMs / 1000} s`,
  );
}
