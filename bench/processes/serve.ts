/** Answers requests on standard input, one line of JSON each; protocol.py is the same in Python and describes the lines. */
import { createInterface } from 'node:readline';
import { messageOf } from '../../src/base/errors.js';

type Handler = (request: never) => unknown;

/** Calls the handler that a request names with the request; ends with standard input. */
export async function serve(handlers: Readonly<Record<string, Handler>>): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    process.stdout.write(`${JSON.stringify(await answer(line, handlers))}\n`);
  }
}

/** The answer to one line. */
export async function answer(line: string, handlers: Readonly<Record<string, Handler>>) {
  try {
    const request = JSON.parse(line);
    const handler = handlers[request.do];
    if (!handler) throw new RangeError(`there is no request "${request.do}"`);
    return { result: await handler(request as never) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
