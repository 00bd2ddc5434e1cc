import { spawn } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server answers, by path. */
export type Answers = Readonly<Record<string, { readonly type: string; readonly body: string | Uint8Array }>>;

/** WebGPU on SwiftShader, which Chromium has with it. */
export const softwareGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Serves the answers, opens `/` in the browser, and resolves to the JSON that the page posts. */
export async function openPage(
  browser: string,
  profile: string,
  answers: Answers,
  moreOptions: readonly string[] = [],
): Promise<unknown> {
  const { promise: posted, resolve, reject } = withResolvers<string>();
  const listen: RequestListener = (request, response) => {
    const answer = answers[request.url ?? ''];
    if (request.method === 'POST') {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        response.end();
        resolve(body);
      });
    } else if (answer) response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    else response.writeHead(404).end();
  };
  const server = createServer(listen).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--enable-logging=stderr',
    ...moreOptions,
  ];
  const page = spawn(
    browser,
    [...options, `--user-data-dir=${profile}`, '--remote-debugging-port=0', `http://127.0.0.1:${port}/`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  );
  let printed = '';
  page.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4000);
  });
  page.on('error', reject);
  const ended = new Promise<void>((end) => page.on('exit', () => end()));
  void ended.then(() => reject(new Error(`the browser has ended: ${printed}`)));
  const late = setTimeout(() => reject(new Error(`the page posts nothing: ${printed}`)), 90_000);
  try {
    return JSON.parse(await posted);
  } finally {
    clearTimeout(late);
    process.kill(-page.pid!, 'SIGKILL'); // it has processes of its own
    await ended;
    page.stderr.destroy();
    server.close();
    server.closeAllConnections();
  }
}

function withResolvers<T>() {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
