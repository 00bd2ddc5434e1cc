import { Box, type Key, Text } from 'ink';
import { useRef, useState } from 'react';
import { imageAt } from '../../base/imageBatches.js';
import type { CherryChoice, CherryState } from '../../streams/sampling/cherryState.js';
import { KeyList } from '../KeyList.js';
import type { CellSpace } from '../pictures/bitmap.js';
import { pixelsOfCell } from '../pictures/pictureSupport.js';
import { usePictureSupport } from '../pictures/usePictureSupport.js';
import { cut, fitting, inLines } from '../text.js';
import { useKeys } from '../useKeys.js';
import { useScreenSize } from '../useScreenSize.js';
import { orderingKeys, pickingKeys } from './cherryKeys.js';
import { mainShare, type Page, pageOf } from './pages.js';
import { type TileOf, Tiles } from './Tiles.js';

/** Props of `CherryScreen`. */
export interface CherryScreenProps {
  /** The state to show. */
  readonly state: CherryState;
  /** Returns the current state, also between two frames. */
  readonly newest: () => CherryState;
  /** Called with every choice of the user. */
  readonly onChoice: (choice: CherryChoice) => void;
  /** Called to quit without saving. */
  readonly onLeave: () => void;
}

interface Local {
  readonly order: readonly number[];
  readonly leaving: boolean;
  readonly help: boolean;
  /** How many times the size was changed. */
  readonly zoom: number;
  /** Index of an image on the current page. */
  readonly at: number;
}

const begin: Local = { order: [], leaving: false, help: false, zoom: 0, at: 0 };

/**
 * The cherry screen: candidates on the left and picks on the right; then the picks on the left and their order on the right. Render
 * it inside `fullScreen`.
 *
 * @param props the state, and callbacks
 * @example
 * await fullScreen<void>((done) => (
 *   <CherryScreen state={state} newest={() => state} onChoice={console.log} onLeave={() => done()} />
 * ));
 */
export function CherryScreen({ state, newest, onChoice, onLeave }: CherryScreenProps) {
  const { columns, rows } = useScreenSize();
  const support = usePictureSupport();
  const [local, setLocal] = useState(begin);
  // Keys may arrive faster than frames.
  const current = useRef(local);
  const change = (changes: Partial<Local>) => {
    current.current = { ...current.current, ...changes };
    setLocal(current.current);
  };
  const { order, leaving, help, zoom, at } = local;
  const { keep } = state;
  const ordering = state.phase !== 'picking';

  const arrange = (input: string, enter: boolean) => {
    const chosen = current.current.order;
    const number = Number(input || Number.NaN);
    if (enter && chosen.length === keep) onChoice({ type: 'order', order: chosen });
    else if (input === 'u' && chosen.length === 0) onChoice({ type: 'undo' });
    else if (input === 'u') change({ order: chosen.slice(0, -1) });
    else if (number >= 1 && number <= keep) {
      const without = chosen.filter((each) => each !== number);
      change({ order: without.length < chosen.length ? without : [...chosen, number] });
    }
  };
  const pick = (input: string) => {
    if (input === '0') onChoice({ type: 'next' });
    else if (input === 'u') onChoice({ type: 'undo' });
    else if (/^[1-9]$/.test(input)) onChoice({ type: 'toggle', number: Number(input) });
    // Show the page with the changed image.
    change({
      order: [],
      at: /^[1-9]$/.test(input) ? Number(input) - 1 : input === '0' ? 0 : current.current.at,
    });
  };
  const turn = (by: number) => {
    const { first, count, pages } = shownPage(current.current);
    const next = by > 0 ? first + count : first - 1;
    const images = tiles.length;
    if (pages > 1) change({ at: (next + images) % images });
  };
  const press = (input: string, key: Partial<Key>) => {
    if (key.ctrl && input === 'c') return onLeave();
    if (current.current.help) return change({ help: false });
    if (current.current.leaving) {
      if (input === 'y' || input === 'q') return onLeave();
      return change({ leaving: false });
    }
    if (input === '?') return change({ help: true });
    if (key.rightArrow || key.tab) return turn(1);
    if (key.leftArrow) return turn(-1);
    if (input === 'z') return change({ zoom: current.current.zoom + 1 });
    const { picks, phase } = newest();
    if (input === 'q' || key.escape) return picks.length > 0 ? change({ leaving: true }) : onLeave();
    if (phase !== 'picking') arrange(input, key.return ?? false);
    else pick(input);
  };
  useKeys(press);

  const tiles = ordering ? pickTiles(state, order) : candidateTiles(state);
  const beside = ordering ? orderTiles(state, order) : pickTiles(state, []);
  const size = state.images?.shape[1] ?? 32;
  const keys = (page?: Page) =>
    ordering ? orderingKeys(keep, page) : pickingKeys(state.images?.shape[0] ?? 9, page);
  const barRows = rows < leastRows ? 1 : 2;
  const main = Math.max(1, rows - 3 - barRows);
  const cell = pixelsOfCell(support);
  const shownPage = ({ zoom, at }: Pick<Local, 'zoom' | 'at'>) =>
    pageOf({ images: tiles.length, size, space: { columns, rows: main }, cell, zoom, at });
  const page = shownPage({ zoom, at });
  const bar = inLines(
    keys(page).map(({ key, short }) => `${key} ${short}`),
    columns,
    barRows,
  );
  const text = { wrap: 'truncate' } as const;
  return (
    <Box flexDirection="column" width={columns} height={Math.max(1, rows - 1)} overflow="hidden">
      <Text {...text} bold>
        {fitting([titleOf(state, order), page.pages > 1 ? numbers(tiles, page) : ''], columns) ||
          cut(titleOf(state, order), columns)}
      </Text>
      {help ? (
        <Box flexDirection="column" height={main} overflow="hidden">
          <Text {...text} bold>
            {' keys (press any key to close)'}
          </Text>
          <KeyList keys={keys()} />
        </Box>
      ) : (
        rows >= leastRows && (
          <Grids
            tiles={tiles}
            beside={beside}
            title={ordering ? ' resulting grid' : ' picks'}
            down={Math.max(1, Math.ceil(keep / 3))}
            page={page}
            columns={columns}
            rows={main}
          />
        )
      )}
      {rows > 2 && <Text {...text}>{` ${messageOf(state, order, leaving)}`}</Text>}
      {rows > 3 &&
        bar.map((line) => (
          <Text key={line} {...text} dimColor>
            {line}
          </Text>
        ))}
    </Box>
  );
}

/** Minimum number of rows to show pictures. */
const leastRows = 10;

interface GridsProps extends CellSpace {
  readonly tiles: readonly TileOf[];
  readonly beside: readonly TileOf[];
  /** Title of the part on the right. */
  readonly title: string;
  readonly down: number;
  readonly page: Page;
}

/** The images of the page, and beside them, if all fit, the picks or the resulting grid. */
function Grids({ tiles, beside, title, down, page, columns, rows }: GridsProps) {
  const left = page.beside ? Math.floor(columns * mainShare) : columns;
  const shown = tiles.slice(page.first, page.first + page.count);
  return (
    <Box height={rows}>
      <Tiles tiles={shown} across={page.across} down={page.down} columns={left} rows={rows} />
      {page.beside && (
        <Box flexDirection="column" width={columns - left}>
          <Text dimColor wrap="truncate">
            {title}
          </Text>
          <Tiles tiles={beside} across={3} down={down} columns={columns - left} rows={rows - 1} />
        </Box>
      )}
    </Box>
  );
}

function titleOf({ phase, batch, picks, keep }: CherryState, order: readonly number[]): string {
  return phase === 'picking'
    ? `batch ${batch}: ${picks.length} of ${keep} picked`
    : `order: ${order.length} of ${keep} placed`;
}

/** Numbers of all images, the page's in brackets: `1 2 3 [4 ✓ 5 6] 7 8 9`. */
function numbers(tiles: readonly TileOf[], { first, count }: Page): string {
  return tiles
    .map(({ marked }, i) => {
      const text = `${i + 1}${marked ? ' ✓' : ''}`;
      return `${i === first ? '[ ' : ''}${text}${i === first + count - 1 ? ' ]' : ''}`;
    })
    .join(' ');
}

function messageOf(state: CherryState, order: readonly number[], leaving: boolean): string {
  const { waiting, problem, picks, phase, keep } = state;
  const lost = picks.length === 1 ? '1 pick' : `${picks.length} picks`;
  if (leaving) return `quit without saving ${lost}?  [y] quit  [any other key] cancel`;
  if (waiting) return 'sampling the next batch ...';
  if (problem !== null) return problem;
  if (phase !== 'ordering') return '';
  if (order.length === keep) return 'enter saves them in this order';
  return `all ${keep} are picked; press their numbers in the order you want`;
}

function candidateTiles({ images, picked }: CherryState): TileOf[] {
  if (!images) return [];
  return Array.from({ length: images.shape[0] }, (_, i) => ({
    image: imageAt(images, i),
    label: String(i + 1),
    marked: picked.includes(i + 1),
  }));
}

function pickTiles({ picks }: CherryState, order: readonly number[]): TileOf[] {
  return picks.map(({ image, batch, number }, i) => ({
    image,
    label: `${i + 1}: ${number} of ${batch}`,
    marked: order.includes(i + 1),
  }));
}

function orderTiles({ picks }: CherryState, order: readonly number[]): TileOf[] {
  return order.flatMap((number) => {
    const pick = picks[number - 1];
    return pick ? [{ image: pick.image, label: String(number) }] : [];
  });
}
