/** The end of a message about a run that has failed: what the same command will do. */
export function resumeWords(hasCheckpoint: boolean): string {
  return hasCheckpoint
    ? 'the last checkpoint is intact, and the same command resumes from it'
    : 'there is no checkpoint yet, so the same command starts from the beginning';
}
