/** The end of the message about a failed run: what the same command will do when it is run again. */
export function resumeWords(hasCheckpoint: boolean): string {
  return hasCheckpoint
    ? 'the last checkpoint is intact, and the same command resumes from it'
    : 'there is no checkpoint yet, so the same command starts from the beginning';
}
