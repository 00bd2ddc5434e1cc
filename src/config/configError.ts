/**
 * A configuration that cannot be read or is invalid. The message lists the problems, one per line.
 *
 * @example
 * try {
 *   await loadConfig('mine.yaml');
 * } catch (error) {
 *   if (!(error instanceof ConfigError)) throw error;
 *   for (const problem of error.problems) console.error(problem);
 * }
 */
export class ConfigError extends Error {
  /** The configuration file, as the caller named it. */
  readonly file: string;
  /** One sentence per problem, without the file name; at most eleven. */
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super(problems.map((problem) => `${file}: ${problem}`).join('\n'), options);
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}
