/** Frames of a component as text, without a terminal, line by line, and its overlays. */
import { PassThrough, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { render } from 'ink';
import type { ReactElement } from 'react';
import { OverlaysContext } from '../../src/ui/overlays.js';
import type { Overlay } from '../../src/ui/painter.js';
import type { ScreenSize } from '../../src/ui/screenSize.js';
import { ScreenSizeContext } from '../../src/ui/useScreenSize.js';

export interface Frames {
  /** Renders at another size; the component keeps its state. */
  at(size: ScreenSize): Promise<readonly string[]>;
  press(...keys: readonly string[]): Promise<void>;
  readonly overlays: readonly Overlay[];
  end(): void;
}

export function framesOf(content: ReactElement): Frames {
  let frame = '';
  let size: ScreenSize = { columns: 80, rows: 24 };
  const stdout = new Writable({
    decodeStrings: false,
    write(text, _encoding, written) {
      if (text !== '') frame = String(text);
      written();
    },
  });
  Object.defineProperties(stdout, {
    columns: { get: () => size.columns },
    rows: { get: () => size.rows },
    isTTY: { value: true },
  });
  const stdin = Object.assign(new PassThrough(), { isTTY: true, ref() {}, unref() {}, setRawMode() {} });
  const overlays = new Map<object, Overlay>();
  const store = {
    set: (owner: object, overlay: Overlay) => void overlays.set(owner, overlay),
    delete: (owner: object) => void overlays.delete(owner),
  };
  const tree = () => (
    <OverlaysContext.Provider value={store}>
      <ScreenSizeContext.Provider value={size}>{content}</ScreenSizeContext.Provider>
    </OverlaysContext.Provider>
  );
  const app = render(tree(), {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    debug: true,
    isScreenReaderEnabled: false,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return {
    async at(next) {
      size = next;
      app.rerender(tree());
      await setImmediate();
      return stripVTControlCharacters(frame).split('\n');
    },
    async press(...keys) {
      for (const key of keys) {
        stdin.write(key);
        await setImmediate();
        await setImmediate();
      }
    },
    get overlays() {
      return [...overlays.values()];
    },
    end() {
      app.unmount();
      app.cleanup();
    },
  };
}
