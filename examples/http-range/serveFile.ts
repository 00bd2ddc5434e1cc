import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly url: string;
  /** Number of requests so far. */
  readonly requests: () => number;
  close(): Promise<void>;
}

/**
 * Serves bytes at a local address, in ranges.
 *
 * @param isBusy whether a request, by its number from 1, fails
 * @param port 0 for any
 */
export async function serveFile(
  bytes: Uint8Array,
  isBusy: (request: number) => boolean = () => false,
  port = 0,
): Promise<ServedFile> {
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
  let requests = 0;
  const server = createServer(({ headers }, response) => {
    requests += 1;
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const isWhole = begin === undefined || (headers['if-range'] ?? etag) !== etag;
    if (isBusy(requests)) response.writeHead(503).end();
    else if (isWhole) response.writeHead(200, { etag }).end(bytes);
    else response.writeHead(206, { etag }).end(bytes.subarray(Number(begin), Number(end) + 1));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/images.npy`,
    requests: () => requests,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
