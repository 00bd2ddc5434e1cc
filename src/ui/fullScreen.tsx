/** Shows an Ink component on the full screen: opens it, resizes it, and restores the terminal when it closes. */
import { Writable } from 'node:stream';
import { type Instance, render } from 'ink';
import {
  Component,
  type ReactElement,
  type ReactNode,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { OverlaysContext } from './overlays.js';
import { createPainter, type Overlay } from './painter.js';
import type { TerminalHints } from './pictures/terminalHints.js';
import { PictureSupportContext } from './pictures/usePictureSupport.js';
import { type WatchedSupport, watchSupport } from './pictures/watchSupport.js';
import { ScreenError } from './screenError.js';
import { screenSizeOf } from './screenSize.js';
import { FailureContext } from './useKeys.js';
import { ScreenSizeContext } from './useScreenSize.js';

/** Opens the alternate screen, without the cursor. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[2J';
const leave = '\u001b[0m\u001b[?25h\u001b[?1049l';

/** The terminal of a full screen. */
export interface FullScreenOptions {
  /** Source of keys. @default process.stdin */
  readonly stdin?: NodeJS.ReadStream;
  /** Output of the screen. @default process.stdout */
  readonly stdout?: NodeJS.WriteStream;
  /** What is known about its picture support; the terminal is queried for the rest. @default half blocks in true colour
   * @internal */
  readonly pictures?: TerminalHints;
}

/** Reports an error to the screen. */
type Fail = (thrown: unknown) => void;

/**
 * Shows the element returned by `content` on the whole terminal until it calls `done`, and resolves to that value. Keys arrive one
 * by one, including Ctrl-C. Components get the size of the terminal from `useScreenSize` and its picture support from
 * `usePictureSupport`, and are rendered again when these change. Cursor, keyboard mode and the previous content of the terminal are
 * restored however the screen ends.
 *
 * Any error while the screen is open ends only the screen: an error of a component, a key, a resize or the painter, and also an
 * uncaught error, since React and Ink draw from their own timers.
 *
 * @param content returns the element; receives the function that closes the screen
 * @param options the terminal
 * @throws ScreenError with the original error as its cause
 * @example
 * const answer = await fullScreen<string>((done) => <Question onAnswer={done} />);
 */
export async function fullScreen<T>(
  content: (done: (value: T) => void) => ReactElement,
  { stdin = process.stdin, stdout = process.stdout, pictures }: FullScreenOptions = {},
): Promise<T> {
  let [done, fail]: [(value: T) => void, Fail] = [() => undefined, () => undefined];
  const settled = new Promise<T>((resolve, reject) => {
    done = resolve;
    fail = (thrown) => reject(new ScreenError(thrown));
  });
  const canvas = canvasOn(stdout, fail);
  const restore = takeOver(stdout, stdin, canvas.wipe, fail);
  let support: WatchedSupport | null = null;
  let app: Instance | null = null;
  try {
    support = watchSupport({ stdin, stdout, ...(pictures && { hints: pictures }) });
    stdout.prependListener('resize', canvas.forget);
    app = render(
      <Boundary onError={fail}>
        <FailureContext.Provider value={fail}>
          <OverlaysContext.Provider value={canvas}>
            <Sized stdout={stdout} onError={fail}>
              <WithPictures support={support}>{content(done)}</WithPictures>
            </Sized>
          </OverlaysContext.Provider>
        </FailureContext.Provider>
      </Boundary>,
      {
        stdin: support.keys,
        stdout: canvas.stream,
        // Ink writes every frame completely, and the painter compares them.
        debug: true,
        // Screen readers use no screen: see cli/runs/readRunAloud.
        isScreenReaderEnabled: false,
        exitOnCtrlC: false,
        patchConsole: false,
      },
    );
    app.waitUntilExit().catch(fail);
  } catch (thrown) {
    fail(thrown);
  }
  try {
    return await settled;
  } finally {
    canvas.close();
    unmount(app);
    stdout.off('resize', canvas.forget);
    // Wait, so that late answers of the terminal do not reach the shell.
    await support?.close();
    restore();
  }
}

/** After an error within React its state is unreliable, but the terminal must still be restored. */
function unmount(app: Instance | null): void {
  try {
    app?.unmount();
    app?.cleanup();
  } catch {}
}

/** Opens the screen; the returned function closes it once, after writing `wipe()`. */
function takeOver(
  stdout: NodeJS.WriteStream,
  stdin: NodeJS.ReadStream,
  wipe: () => string,
  fail: Fail,
): () => void {
  let left = false;
  const restore = () => {
    if (left) return;
    left = true;
    process.off('exit', restore);
    for (const event of uncaught) process.off(event, fail);
    if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
    stdout.write(leaving(wipe));
  };
  process.on('exit', restore);
  for (const event of uncaught) process.on(event, fail);
  stdout.write(enter);
  return restore;
}

function leaving(wipe: () => string): string {
  try {
    return `${wipe()}${leave}`;
  } catch {
    return leave;
  }
}

const uncaught = ['uncaughtException', 'unhandledRejection'];

/** Renders nothing after a component has thrown. */
class Boundary extends Component<{ readonly onError: Fail; readonly children: ReactNode }> {
  override readonly state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(thrown: unknown) {
    this.props.onError(thrown);
  }

  override render() {
    return this.state.broken ? null : this.props.children;
  }
}

/** A stream for Ink's frames, as wide and high as the terminal, with the overlays on top. */
function canvasOn(stdout: NodeJS.WriteStream, fail: Fail) {
  const painter = createPainter();
  const overlays = new Map<object, Overlay>();
  let [frame, due, closed] = ['', false, false];
  const paint = () => {
    due = false;
    if (closed) return;
    try {
      const text = painter.paint(frame, screenSizeOf(stdout).rows, overlays.values());
      if (text) stdout.write(text);
    } catch (error) {
      fail(error);
    }
  };
  /** Paints once for all changes within a frame. */
  const paintSoon = () => {
    if (!due) queueMicrotask(paint);
    due = true;
  };
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, written) {
      // Ink writes an empty string to learn when everything before it is written.
      if (text !== '') {
        frame = String(text);
        paintSoon();
      }
      written();
    },
  });
  Object.defineProperties(stream, {
    columns: { get: () => screenSizeOf(stdout).columns },
    rows: { get: () => screenSizeOf(stdout).rows },
    isTTY: { value: true },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    forget: () => painter.forget(),
    wipe: () => painter.wipe(),
    /** Stops writing. */
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

interface SizedProps {
  readonly stdout: NodeJS.WriteStream;
  readonly onError: Fail;
  readonly children: ReactNode;
}

/** Provides the terminal's size to its children. */
function Sized({ stdout, onError, children }: SizedProps) {
  const [size, setSize] = useState(() => screenSizeOf(stdout));
  useEffect(() => {
    const resized = () => {
      try {
        setSize(screenSizeOf(stdout));
      } catch (error) {
        onError(error);
      }
    };
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout, onError]);
  return <ScreenSizeContext.Provider value={size}>{children}</ScreenSizeContext.Provider>;
}

/** Provides the terminal's picture support to its children. */
function WithPictures({ support, children }: { support: WatchedSupport; children: ReactNode }) {
  const known = useSyncExternalStore(support.subscribe, support.current);
  return <PictureSupportContext.Provider value={known}>{children}</PictureSupportContext.Provider>;
}
