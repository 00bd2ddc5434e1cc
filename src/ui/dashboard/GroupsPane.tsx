import { Box, Text } from 'ink';
import { memo } from 'react';
import { bar, sparkline } from '../blockCharacters.js';
import { figure } from '../format.js';
import { type Group, groupsOf, type LatentShape } from './groups.js';
import type { Point } from './history.js';
import { Pane } from './Pane.js';

export interface GroupsPaneProps {
  readonly history: readonly Point[];
  readonly latentShapes: readonly LatentShape[];
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  readonly columns: number;
  readonly rows: number;
}

const narrowest = 24;

/** The KL of each latent group by scale, so that unused groups are visible. */
export const GroupsPane = memo(function GroupsPane({
  history,
  latentShapes,
  colour,
  columns,
  rows,
}: GroupsPaneProps) {
  const groups = groupsOf(latentShapes, history);
  const [width, height] = [columns - 2, rows - 2];
  const across = Math.ceil(groups.length / Math.max(1, height));
  const fits = across * narrowest <= width;
  const { title, note } = groupsTitle(history.length > 0 ? groups : []);
  return (
    <Pane digit={2} title={title} note={note} columns={columns} rows={rows}>
      {history.length === 0 ? (
        <Text dimColor> no step yet</Text>
      ) : fits ? (
        <Bars groups={groups} across={across} width={width} height={height} colour={colour} />
      ) : (
        <Scales groups={groups} width={width} colour={colour} />
      )}
    </Pane>
  );
});

/** The note says how many groups there are, or how many may have collapsed. */
export function groupsTitle(groups: readonly Group[]): { readonly title: string; readonly note: string } {
  const dead = groups.filter(({ collapsed }) => collapsed).length;
  const number = groups.length === 0 ? '' : `${groups.length} groups, nats`;
  return { title: 'KL per latent group', note: dead > 0 ? `${dead} of ${groups.length} collapsed?` : number };
}

interface BarsProps {
  readonly groups: readonly Group[];
  readonly across: number;
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
}

/** One line per group, in as many columns as needed. */
function Bars({ groups, across, width, height, colour }: BarsProps) {
  const most = Math.max(...groups.map(({ kl }) => kl));
  const column = Math.floor(width / across);
  return (
    <Box>
      {Array.from({ length: across }, (_, i) => groups.slice(i * height, (i + 1) * height)).map((some) => (
        <Box key={some[0]?.name} flexDirection="column" width={column}>
          {some.map(({ scale, name, kl, collapsed }) => (
            <Text key={name} wrap="truncate">
              <Text dimColor>{` ${scale.padStart(5)} ${name.padEnd(3)}`}</Text>
              {collapsed ? '!' : ' '}
              <Text {...(colour && { color: collapsed ? 'yellow' : 'green' })}>
                {bar(kl / most, column - 22) || '▏'}
              </Text>
              {` ${figure(kl)}`}
              {collapsed && <Text {...(colour && { color: 'yellow' })}> collapsed?</Text>}
            </Text>
          ))}
        </Box>
      ))}
    </Box>
  );
}

/** One line per scale, if there are too many groups. */
function Scales({ groups, width, colour }: Omit<BarsProps, 'across' | 'height'>) {
  const scales = [...new Set(groups.map(({ scale }) => scale))];
  return scales.map((scale) => {
    const some = groups.filter((group) => group.scale === scale);
    const values = some.map(({ kl }) => kl);
    const dead = some.filter(({ collapsed }) => collapsed).length;
    const sum = values.reduce((total, kl) => total + kl, 0);
    return (
      <Text key={scale} wrap="truncate">
        <Text dimColor>{` ${scale.padStart(5)} `}</Text>
        <Text {...(colour && { color: 'green' })}>{sparkline([0, ...values], width).slice(1)}</Text>
        {` ${figure(sum)}${dead > 0 ? ` ! ${dead} collapsed?` : ''}`}
      </Text>
    );
  });
}
