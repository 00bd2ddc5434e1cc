/** Errors as plain data: the receiving process or thread recreates them as instances of the same class. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { RunInUseError, RunTakenOverError } from '../../checkpoint/lock/errors.js';
import { ConfigError } from '../../config/configError.js';
import { DatasetError } from '../../data/datasetError.js';
import { EngineFailedError, EngineUnavailableError, UnknownEngineError } from '../../engine/engines.js';
import { NonFiniteLossError } from './errors.js';

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Additional fields of the class. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: PlainError;
}

/** Error classes that callers may want to catch. */
const classes: readonly (new (...args: never[]) => Error)[] = [
  CheckpointError,
  RunInUseError,
  RunTakenOverError,
  ConfigError,
  DatasetError,
  EngineFailedError,
  EngineUnavailableError,
  NonFiniteLossError,
  RangeError,
  TypeError,
  UnknownEngineError,
];

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  const { name, message, stack } = error;
  const plain = Object.entries(error).filter(([key, value]) => key !== 'name' && isPlain(value));
  const fields = Object.fromEntries(plain);
  return {
    name,
    message,
    stack,
    fields,
    ...(error.cause instanceof Error && { cause: toPlainError(error.cause) }),
  };
}

export function fromPlainError({ name, message, stack, fields, cause }: PlainError): Error {
  const type = classes.find((candidate) => candidate.name === name);
  // The constructors build messages from other arguments; this message is complete.
  const error: Error = type ? Object.create(type.prototype) : new Error();
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(error, 'message', { ...hidden, value: message });
  Object.defineProperty(error, 'stack', { ...hidden, value: stack });
  if (cause) Object.defineProperty(error, 'cause', { ...hidden, value: fromPlainError(cause) });
  return Object.assign(error, fields, { name });
}

function isPlain(value: unknown): boolean {
  return (
    value === null ||
    ['string', 'number', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every(isPlain))
  );
}
