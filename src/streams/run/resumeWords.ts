/** What the same command will do after a run has ended, as the end of a sentence; a checkpoint is only promised where there is one. */
export function resumeWords(hasCheckpoint: boolean): string {
  return hasCheckpoint
    ? 'the last checkpoint is intact, and the same command resumes from it'
    : 'there is no checkpoint yet, so the same command starts from the beginning';
}
