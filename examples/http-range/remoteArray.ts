import { type Dataset, DatasetError, type DatasetItem, UnreadImageError } from 'rx-nvae';

interface Remote {
  readonly version: string;
  readonly offset: number;
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
}

/**
 * A NumPy file `[n, height, width, 3]` of bytes on a web server as a dataset. Each image is one request of its range of bytes; nothing
 * else of the file is loaded. An answer that fails is no damage: the image is asked for again in the next epoch.
 */
export function remoteArray(url: string): Dataset {
  let remote: Remote | null = null;
  return {
    name: url,
    async items(signal) {
      const { shape, version } = await opened(signal);
      const at = (index: number): DatasetItem => ({ name: String(index), path: `${url}/${index}`, version });
      return { length: shape[0], at };
    },
    async decode({ name }, _size, signal) {
      const { offset, shape, version } = await opened(signal);
      const [, height, width, channels] = shape;
      const length = height * width * channels;
      const answer = await range(offset + Number(name) * length, length, signal, version);
      // of any size: it is fitted to the model's
      return { width, height, pixels: await bytesOf(answer) };
    },
  };

  /** The answer to a request of some bytes. Another version of the file would be sent as a whole, which is refused. */
  async function range(
    begin: number,
    length: number,
    signal: AbortSignal,
    version?: string,
  ): Promise<Response> {
    const headers = {
      range: `bytes=${begin}-${begin + length - 1}`,
      ...(version && { 'if-range': version }),
    };
    const answer = await fetch(url, { headers, signal });
    if (answer.status === 206) return answer;
    await answer.body?.cancel();
    const problem = answer.ok ? 'sent the whole file: it has changed' : `answered ${answer.status}`;
    throw new UnreadImageError(`the server ${problem}`);
  }

  /** Reads the header of the file once. */
  async function opened(signal: AbortSignal): Promise<Remote> {
    if (remote) return remote;
    const answer = await range(0, 128, signal);
    const start = Buffer.from(await bytesOf(answer));
    const shape = /'descr': '\|u1'.*'shape': \((\d+), (\d+), (\d+), (3)\)/.exec(start.toString('latin1'));
    if (!shape) throw new DatasetError(url, 'expected a .npy file of bytes [n, height, width, 3]');
    const [count = 0, height = 0, width = 0, channels = 0] = shape.slice(1).map(Number);
    const offset = 10 + start.readUInt16LE(8);
    const version = answer.headers.get('etag') ?? '';
    remote = { version, offset, shape: [count, height, width, channels] };
    return remote;
  }
}

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}
