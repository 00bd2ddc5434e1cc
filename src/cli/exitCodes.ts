/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  diverged: 3,
  interrupted: 130,
} as const;
