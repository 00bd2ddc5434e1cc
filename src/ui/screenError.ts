import { messageOf } from '../base/errors.js';

/**
 * A screen could not be drawn, or did not understand what it was to draw. It says nothing of what it shows: whoever showed
 * a run goes on without a screen.
 */
export class ScreenError extends Error {
  override readonly name = 'ScreenError';

  constructor(thrown: unknown) {
    super(messageOf(thrown), { cause: thrown });
  }
}

/** What draws a screen is loaded when there is one to draw. @throws ScreenError where it cannot be */
export async function loadScreen<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new ScreenError(error);
  }
}
