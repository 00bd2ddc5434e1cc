/**
 * Streams a thousand samples over HTTP. Run `npx tsx examples/http-samples/main.ts [model file]`. With `--port 8080` it serves
 * until Ctrl-C, and a browser shows the images as a video. Without a port it is its own slow client: images are sampled only as
 * fast as the client reads them, and it disconnects before the end.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { mapAhead, type Nvae, samples, useEngine } from 'rx-nvae';
import { finalize, from, lastValueFrom, type Observable, range } from 'rxjs';
import sharp from 'sharp';
import { modelOf } from '../support/squares.js';

const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '0' } },
  allowPositionals: true,
});
await useEngine('auto');
const model = await modelOf(positionals[0]);
let made = 0;

/** The image with this number as a PNG of 512 x 512 pixels, barely compressed, so that a slow client has an effect soon. */
async function picture(model: Nvae, firstBatch: number): Promise<Buffer> {
  const { pixels, shape } = await lastValueFrom(samples(model, { count: 1, firstBatch, temperature: 0.8 }));
  made += 1;
  const raw = { width: shape[2], height: shape[1], channels: shape[3] };
  return sharp(pixels, { raw })
    .resize(512, 512, { kernel: 'nearest' })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

/** Sends one image; resolves when the client can receive the next. */
async function send(response: ServerResponse, png: Buffer): Promise<number> {
  response.write(`--image\r\ncontent-type: image/png\r\ncontent-length: ${png.length}\r\n\r\n`);
  if (!response.write(png)) await once(response, 'drain');
  return png.length;
}

/**
 * A thousand numbers can wait at no cost. Images are sampled at most two ahead of the one being sent, however fast the model and
 * slow the client is.
 */
const film$ = (response: ServerResponse): Observable<number> =>
  range(0, 1000).pipe(
    mapAhead(
      (number) => picture(model, number),
      (png) => from(send(response, png)),
      { ahead: 2 },
    ),
  );

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=image' });
  const sending = film$(response)
    .pipe(finalize(() => console.log(`the client has disconnected; ${made} images sampled in total`)))
    .subscribe({ error: () => response.destroy() });
  response.on('close', () => sending.unsubscribe());
});
server.listen(Number(values.port), '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : values.port;
console.log(`images at http://127.0.0.1:${port}`);

/** Reads three images, waits, reads three more, and disconnects. */
async function slowClient(): Promise<void> {
  const abort = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}`, { signal: abort.signal });
  const reader = response.body?.getReader();
  let taken = 0;
  const take = async (bytes: number) => {
    while (taken < bytes) taken += (await reader?.read())?.value?.length ?? 0;
    console.log(`the client has read ${(taken / 1e6).toFixed(1)} MB; ${made} images sampled`);
  };
  await take(3 * 512 * 512 * 3);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const held = made;
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(`the client pauses; ${made} images sampled, ${made - held} of them in the last half second`);
  await take(6 * 512 * 512 * 3);
  abort.abort();
}

if (values.port === '0') {
  await slowClient();
  await new Promise((resolve) => server.close(resolve));
  model.dispose();
}
