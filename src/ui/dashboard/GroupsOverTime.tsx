import { Box, Text } from 'ink';
import { memo } from 'react';
import { bar } from '../blockCharacters.js';
import { figure, percent } from '../format.js';
import { Raw } from '../Raw.js';
import { cut } from '../text.js';
import { areaChart, resampled } from './areaChart.js';
import { GroupsPane, type GroupsPaneProps, groupsTitle } from './GroupsPane.js';
import { type Group, groupsOf } from './groups.js';
import type { Point } from './history.js';
import { inRange, ranges } from './metrics.js';
import { Pane } from './Pane.js';
import { xAxis } from './plot.js';
import type { ScreenState } from './screenState.js';

export interface GroupsOverTimeProps extends GroupsPaneProps {
  readonly screen: Pick<ScreenState, 'range'>;
}

/** Widths in cells of what precedes the history: a group's name, its bar, its number. */
const [nameColumns, barColumns, numberColumns] = [12, 13, 16];
const leastHistory = 16;
/** Maximum number of rows for a group's history. */
const mostRows = 12;
const axisRows = 2;

/** The KL of each latent group, now and over time; with too many groups, only now. */
export const GroupsOverTime = memo(function GroupsOverTime(props: GroupsOverTimeProps) {
  const { history, latentShapes, screen, columns, rows } = props;
  const [width, height] = [columns - 2, rows - 2];
  const groups = groupsOf(latentShapes, history);
  const room = height - axisRows;
  const columnsOfHistory = width - nameColumns - barColumns - numberColumns - 1;
  if (history.length === 0 || groups.length > room || columnsOfHistory < leastHistory)
    return <GroupsPane {...props} />;
  const each = Math.min(mostRows, Math.floor(room / groups.length));
  const shown = inRange(history, ranges[screen.range] ?? 'all');
  const lines = groups.flatMap((_, i) => historyOf(shown, i, columnsOfHistory, each));
  const [first = 0, last = 0] = [shown[0]?.imagesSeen, shown.at(-1)?.imagesSeen];
  const faint = (line: string) => `\u001b[2m${line}\u001b[0m`;
  const styled = lines.map((line) => (props.colour ? `\u001b[32m${line}\u001b[0m` : line));
  const axis = xAxis(first, last, 0, columnsOfHistory).map(faint);
  const most = Math.max(...groups.map(({ kl }) => kl));
  const sum = groups.reduce((total, { kl }) => total + kl, 0);
  const { title, note } = groupsTitle(groups);
  return (
    <Pane digit={2} title={title} note={`${note}, each to its own maximum`} columns={columns} rows={rows}>
      <Box>
        <Box flexDirection="column" width={width - columnsOfHistory - 1}>
          {groups.map((group) => (
            <GroupNow
              key={group.name}
              group={group}
              most={most}
              sum={sum}
              rows={each}
              colour={props.colour}
            />
          ))}
        </Box>
        <Raw lines={[...styled, ...axis]} columns={columnsOfHistory} rows={lines.length + axisRows} />
      </Box>
    </Pane>
  );
});

function historyOf(history: readonly Point[], group: number, columns: number, rows: number): string[] {
  const samples = history.map(({ imagesSeen, klPerGroup }) => ({
    x: imagesSeen,
    y: klPerGroup[group] ?? Number.NaN,
  }));
  const values = resampled(samples, columns);
  // Leave a blank line between two groups if there is room.
  const used = rows >= 3 ? rows - 1 : rows;
  const chart = areaChart(values, used, Math.max(0, ...values.filter(Number.isFinite)));
  return used < rows ? [' '.repeat(columns), ...chart] : chart;
}

interface GroupNowProps {
  readonly group: Group;
  readonly most: number;
  readonly sum: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** The current state of a group, in as many lines as its history has. */
function GroupNow({ group, most, sum, rows, colour }: GroupNowProps) {
  const { scale, name, kl, collapsed, variables } = group;
  const warn = { ...(colour && collapsed && { color: 'yellow' }) };
  const filled = bar(kl / most, barColumns - 1) || '▏';
  const details = [`${percent(sum > 0 ? kl / sum : 0)} of the KL`, `${figure(kl / variables)} per variable`];
  return (
    <Box flexDirection="column" height={rows}>
      {rows >= 3 && <Text> </Text>}
      <Text wrap="truncate">
        <Text dimColor>{` ${scale.padStart(5)} ${name.padEnd(3)}`}</Text>
        {collapsed ? '!' : ' '}
        <Text {...(colour && { color: collapsed ? 'yellow' : 'green' })}>{filled}</Text>
        {` ${figure(kl)}`}
        {collapsed && <Text {...warn}> collapsed?</Text>}
      </Text>
      {details.slice(0, Math.max(0, rows - (rows >= 3 ? 2 : 1))).map((line) => (
        <Text key={line} dimColor wrap="truncate">
          {cut(`${' '.repeat(nameColumns + 1)}${line}`, nameColumns + barColumns + numberColumns)}
        </Text>
      ))}
    </Box>
  );
}
