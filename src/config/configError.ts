/** A configuration that cannot be used. The message lists every problem, one per line. */
export class ConfigError extends Error {
  /** File of the configuration, as the user named it. */
  readonly file: string;
  /** One sentence per problem, without the file's name. */
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super(problems.map((problem) => `${file}: ${problem}`).join('\n'), options);
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}
