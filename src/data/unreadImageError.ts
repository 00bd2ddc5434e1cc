import { codeOf, messageOf } from '../base/errors.js';
import { DamagedImageError } from './damagedImageError.js';

/** An image cannot be read at the moment, so its content is unknown; the message tells users why. */
export class UnreadImageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreadImageError';
  }
}

/** Error codes of the system, such as ENOENT, and of network libraries; not Node's codes for wrong arguments. */
const systemCode = /^(E(?!RR_)[A-Z]|UND_ERR_)/;

/** Whether an error means that something could not be read, rather than that it is damaged. */
export function isUnread(error: unknown): boolean {
  if (error instanceof DamagedImageError) return false;
  if (error instanceof UnreadImageError || systemCode.test(codeOf(error))) return true;
  return error instanceof Error && systemCode.test(codeOf(error.cause));
}

/** What a call of the system promises. @throws UnreadImageError in place of its error */
export async function orUnread<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new UnreadImageError(messageOf(error), { cause: error });
  }
}
