/** A screen of its own for an Ink component: entered, kept in shape, and left as the terminal was before. */
import { Writable } from 'node:stream';
import { render } from 'ink';
import { type ReactElement, type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { OverlaysContext } from './overlays.js';
import { createPainter, type Overlay } from './painter.js';
import type { TerminalHints } from './pictures/terminalHints.js';
import { PictureSupportContext } from './pictures/usePictureSupport.js';
import { type WatchedSupport, watchSupport } from './pictures/watchSupport.js';
import { type ScreenSize, ScreenSizeContext } from './screenSize.js';

/** The alternate screen, without the cursor. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[2J';
const leave = '\u001b[0m\u001b[?25h\u001b[?1049l';

export interface FullScreenOptions {
  /** @default process.stdin */
  readonly stdin?: NodeJS.ReadStream;
  /** @default process.stdout */
  readonly stdout?: NodeJS.WriteStream;
  /** How it shows pictures; it is asked for what they leave open. @default half blocks in true colour */
  readonly pictures?: TerminalHints;
}

/**
 * Shows what `content` makes on the whole terminal until it calls `done`; the value of that is the promise's. Keys come
 * one by one and Ctrl-C is one of them. Components learn the terminal's size by `useScreenSize` and its pictures by
 * `usePictureSupport`, and are drawn again when they change. The cursor, the keyboard's mode and what was on the terminal
 * before are restored on every way out: also when a component throws, and when the process ends by an error or by
 * `process.exit`.
 *
 * @throws what a component throws while it is drawn
 */
export async function fullScreen<T>(
  content: (done: (value: T) => void) => ReactElement,
  { stdin = process.stdin, stdout = process.stdout, pictures }: FullScreenOptions = {},
): Promise<T> {
  const canvas = canvasOn(stdout);
  let done: (value: T) => void = () => undefined;
  const settled = new Promise<T>((resolve) => {
    done = resolve;
  });
  const restore = takeOver(stdout, stdin, canvas.wipe);
  const support = watchSupport({ stdin, stdout, ...(pictures && { hints: pictures }) });
  stdout.prependListener('resize', canvas.forget);
  try {
    const app = render(
      <OverlaysContext.Provider value={canvas}>
        <Sized stdout={stdout}>
          <WithPictures support={support}>{content(done)}</WithPictures>
        </Sized>
      </OverlaysContext.Provider>,
      {
        stdin: support.keys,
        stdout: canvas.stream,
        // Every frame comes whole, for the painter to compare.
        debug: true,
        // What is read aloud has no screen: cli/spokenRun.
        isScreenReaderEnabled: false,
        exitOnCtrlC: false,
        patchConsole: false,
      },
    );
    // A component that throws ends the application with its error.
    const ended = app.waitUntilExit().then(() => settled);
    try {
      return await Promise.race([settled, ended]);
    } finally {
      canvas.close();
      app.unmount();
      app.cleanup();
    }
  } finally {
    stdout.off('resize', canvas.forget);
    // What the terminal still has to say is not for the shell.
    await support.close();
    restore();
  }
}

/** An error that nobody caught is printed behind the monitor's event, so that it is seen. */
const ends = ['uncaughtExceptionMonitor', 'exit'];

/** Enters; what it returns leaves, once, behind what `wipe` says. */
function takeOver(stdout: NodeJS.WriteStream, stdin: NodeJS.ReadStream, wipe: () => string): () => void {
  let left = false;
  const restore = () => {
    if (left) return;
    left = true;
    for (const event of ends) process.off(event, restore);
    if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
    stdout.write(`${wipe()}${leave}`);
  };
  for (const event of ends) process.on(event, restore);
  stdout.write(enter);
  return restore;
}

/** What Ink writes frames to, as wide and high as the terminal, and what lies over them. */
function canvasOn(stdout: NodeJS.WriteStream) {
  const painter = createPainter();
  const overlays = new Map<object, Overlay>();
  let [frame, due, closed] = ['', false, false];
  const paint = () => {
    due = false;
    if (closed) return;
    const text = painter.paint(frame, stdout.rows, overlays.values());
    if (text) stdout.write(text);
  };
  /** Once for all that changes within a frame. */
  const paintSoon = () => {
    if (!due) queueMicrotask(paint);
    due = true;
  };
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, written) {
      // Ink writes nothing, literally, to learn that all before it is written.
      if (text !== '') {
        frame = String(text);
        paintSoon();
      }
      written();
    },
  });
  Object.defineProperties(stream, {
    columns: { get: () => stdout.columns },
    rows: { get: () => stdout.rows },
    isTTY: { value: true },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    forget: () => painter.forget(),
    wipe: () => painter.wipe(),
    /** Nothing more is written. */
    close() {
      closed = true;
    },
    set(owner: object, overlay: Overlay) {
      overlays.set(owner, overlay);
      paintSoon();
    },
    delete(owner: object) {
      overlays.delete(owner);
      paintSoon();
    },
  };
}

/** Tells those within the terminal's size. */
function Sized({ stdout, children }: { readonly stdout: NodeJS.WriteStream; readonly children: ReactNode }) {
  const [size, setSize] = useState(() => sizeOf(stdout));
  useEffect(() => {
    const resized = () => setSize(sizeOf(stdout));
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  return <ScreenSizeContext.Provider value={size}>{children}</ScreenSizeContext.Provider>;
}

/** Tells those within how the terminal shows pictures. */
function WithPictures({ support, children }: { support: WatchedSupport; children: ReactNode }) {
  const known = useSyncExternalStore(support.subscribe, support.current);
  return <PictureSupportContext.Provider value={known}>{children}</PictureSupportContext.Provider>;
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): ScreenSize {
  return { columns, rows };
}
