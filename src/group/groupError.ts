/** A group of processes cannot go on: a rank was lost, does not answer in time, or has other data. */
export class GroupError extends Error {
  override readonly name = 'GroupError';
}
