import { messageOf } from '../base/errors.js';

/**
 * A screen could not be drawn. This says nothing about the run that it shows: callers continue without a screen.
 */
export class ScreenError extends Error {
  override readonly name = 'ScreenError';

  constructor(thrown: unknown) {
    super(messageOf(thrown), { cause: thrown });
  }
}

/** Loads the code of a screen on demand. @throws ScreenError if it cannot be loaded */
export async function loadScreen<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new ScreenError(error);
  }
}
