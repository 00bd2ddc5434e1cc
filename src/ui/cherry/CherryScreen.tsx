import { Box, Text } from 'ink';
import { useRef, useState } from 'react';
import type { CherryChoice, CherryState } from '../../streams/cherryState.js';
import { imageAt } from '../../streams/imageBatches.js';
import { KeyList } from '../KeyList.js';
import { fitting } from '../text.js';
import { useKeys } from '../useKeys.js';
import { useScreenSize } from '../useScreenSize.js';
import { orderingKeys, pickingKeys } from './cherryKeys.js';
import { type TileOf, Tiles } from './Tiles.js';

export interface CherryScreenProps {
  readonly state: CherryState;
  /** The state as it is now, also between two frames. */
  readonly newest: () => CherryState;
  readonly onChoice: (choice: CherryChoice) => void;
  /** Go without anything saved. */
  readonly onLeave: () => void;
}

/** Candidates at the left, picks at the right; then the picks at the left and their order at the right. */
export function CherryScreen({ state, newest, onChoice, onLeave }: CherryScreenProps) {
  const { columns, rows } = useScreenSize();
  const [order, setOrder] = useState<readonly number[]>([]);
  const [leaving, setLeaving] = useState(false);
  const [help, setHelp] = useState(false);
  // Keys may come faster than frames.
  const current = useRef({ order, leaving, help });
  const change = (changes: Partial<typeof current.current>) => {
    current.current = { ...current.current, ...changes };
    setOrder(current.current.order);
    setLeaving(current.current.leaving);
    setHelp(current.current.help);
  };
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
  };
  const press = (input: string, key: { ctrl?: boolean; escape?: boolean; return?: boolean }) => {
    if (key.ctrl && input === 'c') return onLeave();
    if (current.current.help) return change({ help: false });
    if (current.current.leaving) {
      if (input === 'y' || input === 'q') return onLeave();
      return change({ leaving: false });
    }
    if (input === '?') return change({ help: true });
    const { picks, phase } = newest();
    if (input === 'q' || key.escape) return picks.length > 0 ? change({ leaving: true }) : onLeave();
    if (phase !== 'picking') arrange(input, key.return ?? false);
    else {
      change({ order: [] });
      pick(input);
    }
  };
  useKeys(press);

  const main = Math.max(3, rows - 4);
  const left = Math.floor(columns * 0.62);
  const keys = ordering ? orderingKeys(keep) : pickingKeys(state.images?.shape[0] ?? 9);
  const down = (count: number) => Math.max(1, Math.ceil(count / 3));
  const shown = ordering ? pickTiles(state, order) : candidateTiles(state);
  const beside = ordering ? orderTiles(state, order) : pickTiles(state, []);
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Text wrap="truncate" bold>
        {ordering
          ? ` in which order? ${order.length} of ${keep} in place`
          : ` batch ${state.batch}: ${state.picks.length} of ${keep} picked`}
      </Text>
      {help ? (
        <Box flexDirection="column" height={main + 1} overflow="hidden">
          <Text bold> keys (any key goes back)</Text>
          <KeyList keys={keys} />
        </Box>
      ) : (
        <Box height={main + 1}>
          <Tiles tiles={shown} across={3} down={down(shown.length)} columns={left} rows={main} />
          <Box flexDirection="column" width={columns - left}>
            <Text dimColor wrap="truncate">
              {ordering ? ' the grid as it will be' : ' picks'}
            </Text>
            <Tiles tiles={beside} across={3} down={down(keep)} columns={columns - left} rows={main - 1} />
          </Box>
        </Box>
      )}
      <Text wrap="truncate">{` ${messageOf(state, order, leaving)}`}</Text>
      <Text dimColor wrap="truncate">
        {fitting(
          keys.map(({ key, short }) => `${key} ${short}`),
          columns,
        )}
      </Text>
    </Box>
  );
}

function messageOf(state: CherryState, order: readonly number[], leaving: boolean): string {
  const { waiting, problem, picks, phase, keep } = state;
  const lost = picks.length === 1 ? '1 pick' : `${picks.length} picks`;
  if (leaving) return `leave without saving ${lost}? y leaves, any other key goes on`;
  if (waiting) return 'making the next batch ...';
  if (problem !== null) return problem;
  if (phase !== 'ordering') return '';
  if (order.length === keep) return 'enter saves them in this order';
  return `all ${keep} are picked: press their numbers in the order you want`;
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
