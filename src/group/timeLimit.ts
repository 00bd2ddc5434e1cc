/** How long a rank waits for the others in one call, unless it is told otherwise: longer than what rank 0 does alone, such as previews. */
export const defaultTimeLimitMs = 600_000;
