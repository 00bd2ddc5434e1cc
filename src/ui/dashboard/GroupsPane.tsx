import { Box, Text } from 'ink';
import { memo } from 'react';
import { bar, sparkline } from '../bars.js';
import { figure } from '../format.js';
import { type Point, recentMean } from './history.js';
import { Pane } from './Pane.js';

type Shape = readonly [height: number, width: number, channels: number];

export interface GroupsPaneProps {
  readonly history: readonly Point[];
  readonly latentShapes: readonly Shape[];
  readonly columns: number;
  readonly rows: number;
}

interface Group {
  readonly scale: string;
  readonly name: string;
  readonly kl: number;
  readonly collapsed: boolean;
}

/** Nats per latent variable below which a group says next to nothing. */
const collapse = 0.001;
const narrowest = 24;

/** The KL of each latent group by scale, so that those that are not used are seen. */
export const GroupsPane = memo(function GroupsPane({
  history,
  latentShapes,
  columns,
  rows,
}: GroupsPaneProps) {
  const groups = latentShapes.map((shape, i) => groupOf(shape, i, history));
  const [width, height] = [columns - 2, rows - 2];
  const across = Math.ceil(groups.length / Math.max(1, height));
  const fits = across * narrowest <= width;
  const dead = groups.filter(({ collapsed }) => collapsed).length;
  const note = dead > 0 ? `${dead} of ${groups.length} collapsed?` : `${groups.length} groups, nats`;
  return (
    <Pane digit={2} title="KL per latent group" note={note} columns={columns} rows={rows}>
      {history.length === 0 ? (
        <Text dimColor>no step yet</Text>
      ) : fits ? (
        <Bars groups={groups} across={across} width={width} height={height} />
      ) : (
        <Scales groups={groups} width={width} />
      )}
    </Pane>
  );
});

function groupOf([height, width, channels]: Shape, index: number, history: readonly Point[]): Group {
  const kl = recentMean(history, (point) => point.klPerGroup[index] ?? Number.NaN, 20) ?? 0;
  const collapsed = kl < collapse * height * width * channels;
  return { scale: `${height}x${width}`, name: `g${index}`, kl, collapsed };
}

interface BarsProps {
  readonly groups: readonly Group[];
  readonly across: number;
  readonly width: number;
  readonly height: number;
}

/** One line a group, in as many columns as it takes. */
function Bars({ groups, across, width, height }: BarsProps) {
  const most = Math.max(...groups.map(({ kl }) => kl));
  const column = Math.floor(width / across);
  return (
    <Box>
      {Array.from({ length: across }, (_, i) => groups.slice(i * height, (i + 1) * height)).map((some) => (
        <Box key={some[0]?.name} flexDirection="column" width={column}>
          {some.map(({ scale, name, kl, collapsed }) => (
            <Text key={name} wrap="truncate">
              <Text dimColor>{` ${scale.padStart(5)} ${name.padEnd(3)} `}</Text>
              <Text color={collapsed ? 'yellow' : 'green'}>{bar(kl / most, column - 22) || '▏'}</Text>
              {` ${figure(kl)}`}
              {collapsed && <Text color="yellow"> collapsed?</Text>}
            </Text>
          ))}
        </Box>
      ))}
    </Box>
  );
}

/** One line a scale, where there are too many groups. */
function Scales({ groups, width }: { readonly groups: readonly Group[]; readonly width: number }) {
  const scales = [...new Set(groups.map(({ scale }) => scale))];
  return scales.map((scale) => {
    const values = groups.filter((group) => group.scale === scale).map(({ kl }) => kl);
    const sum = values.reduce((total, kl) => total + kl, 0);
    return (
      <Text key={scale} wrap="truncate">
        <Text dimColor>{` ${scale.padStart(5)} `}</Text>
        <Text color="green">{sparkline([0, ...values], width).slice(1)}</Text>
        {` ${figure(sum)}`}
      </Text>
    );
  });
}
