import { Box, Text } from 'ink';
import { useRef, useState } from 'react';
import type { PreviewEvent } from '../../streams/run/events.js';
import { KeyList } from '../KeyList.js';
import { inLines, oneLine, wrapped } from '../text.js';
import { useKeys } from '../useKeys.js';
import { useScreenSize } from '../useScreenSize.js';
import { Compact } from './Compact.js';
import { CurvePane } from './CurvePane.js';
import type { ComparedRun } from './comparison.js';
import { FactsAndCurves, FactsPane } from './FactsPane.js';
import { healthFacts, termCount, termFacts } from './facts.js';
import { firstPictures } from './firstPictures.js';
import { GroupsOverTime } from './GroupsOverTime.js';
import { GroupsPane } from './GroupsPane.js';
import { Header } from './Header.js';
import { imageValuesOf } from './imageValuesOf.js';
import { type KeySituation, keyNames, keysFor, quitQuestion } from './keyTable.js';
import { LogLines } from './LogLines.js';
import { layoutOf, type Size } from './layout.js';
import { healthMetrics, termMetrics } from './metrics.js';
import { Pane } from './Pane.js';
import { PicturePane } from './PicturePane.js';
import { runFacts } from './runFacts.js';
import type { RunView } from './runView.js';
import { firstScreen, type PaneName, panes, pressed, type ScreenRequest } from './screenState.js';

/** Props of `Dashboard`. */
export interface DashboardProps {
  /** Name of the run. */
  readonly name: string;
  /** State of the run. */
  readonly view: RunView;
  /** Current time in milliseconds since 1970. */
  readonly now: number;
  /** Whether the dashboard can control the run; otherwise it only watches. */
  readonly controls: boolean;
  /** Whether the run was asked to end. */
  readonly ending: boolean;
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  /** Size of the checkpoint file; null if unknown. */
  readonly checkpointBytes: number | null;
  /** A second run, whose curves are shown below those of the first. @default none */
  readonly compare?: ComparedRun | null;
  /** A line above the keys; empty for none. */
  readonly message: string;
  /** Path of a picture's file. */
  readonly pathOf: (preview: PreviewEvent) => string;
  /** Called with the user's requests. */
  readonly onRequest: (request: ScreenRequest) => void;
  /** Called when any key is pressed. */
  readonly onKey?: () => void;
}

/**
 * A run on the whole terminal: a function of its events and the pressed keys. Render it inside `fullScreen`; `showDashboard` does
 * this for a stream of events.
 *
 * @param props the run, and callbacks
 * @example
 * await fullScreen<void>((done) => (
 *   <Dashboard name="demo" view={view} now={Date.now()} controls={false} ending={false} colour checkpointBytes={null}
 *     message="" pathOf={({ path }) => path} onRequest={() => done()} />
 * ));
 */
export function Dashboard(props: DashboardProps) {
  const { view, now, controls, ending, onRequest } = props;
  const { columns, rows } = useScreenSize();
  const [screen, setScreen] = useState(firstScreen);
  // Keys may arrive faster than frames.
  const current = useRef(screen);
  const over = view.ended !== null || view.status === 'gone';
  const paused = view.status === 'paused';
  useKeys((input, key) => {
    props.onKey?.();
    const next = pressed(current.current, { ...key, input }, { controls, paused, over });
    current.current = next.screen;
    if (next.request) onRequest(next.request);
    setScreen(current.current);
  });
  const name = oneLine(props.name);
  const { quitting, help } = screen;
  const situation = { ...screen, controls: controls && !over, paused };
  const notice = quitting
    ? inLines(quitQuestion, columns, noticeRows)
    : wrapped(props.message, columns - 2, noticeRows).map((line) => ` ${line} `);
  const keys = inLines(keyNames(situation), columns, rows);
  const groups = view.started?.latentShapes.length ?? 2;
  const pane = help ? 'log' : screen.pane;
  const terms = termCount(view);
  const layout = layoutOf(
    { columns, rows },
    { groups, terms, pane, keys: keys.length, notice: notice.length },
  );
  if (!layout) {
    const compact = { view, name, quitting, message: props.message, columns, rows: Math.max(1, rows - 1) };
    return <Compact {...compact} />;
  }
  const { stacks } = layout;
  return (
    <Box flexDirection="column" width={columns} height={rows - 1} overflow="hidden">
      <Header view={view} name={name} now={now} columns={columns} ending={ending} />
      {help ? (
        <Help situation={situation} columns={columns} rows={stacks[0]?.[0]?.rows ?? 0} />
      ) : (
        <Box>
          {stacks.map((parts) => (
            <Box key={parts[0]?.name} flexDirection="column">
              {parts.map((part) => (
                <Part key={part.name} {...props} {...part} runName={name} screen={screen} />
              ))}
            </Box>
          ))}
        </Box>
      )}
      <LogLines log={view.log} rows={layout.logRows} colour={props.colour} />
      <Box flexGrow={1} />
      <Lines lines={notice.slice(0, layout.noticeRows)} inverse />
      <Lines lines={keys.slice(0, layout.keyRows)} dimColor />
    </Box>
  );
}

/** Maximum number of lines of a notice. */
const noticeRows = 3;

function Lines({ lines, ...style }: { lines: readonly string[]; inverse?: boolean; dimColor?: boolean }) {
  return lines.map((line, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its position
    <Text key={i} {...style} wrap="truncate">
      {line}
    </Text>
  ));
}

type PartProps = DashboardProps &
  Size & {
    /** The part. */
    readonly name: PaneName | string;
    readonly runName: string;
    readonly screen: typeof firstScreen;
  };

function Part({ name, runName, columns, rows, screen, ...props }: PartProps) {
  const { view, now, colour, checkpointBytes, pathOf, controls, compare = null } = props;
  const size = { columns, rows };
  const imageSize = view.started?.config.model.inputDimension ?? 32;
  const digit = panes.indexOf(name as PaneName) + 1;
  const pictures = { digit, pathOf, imageSize, colour, now, back: screen.back, ...size };
  const { history, validations } = view;
  const curves = { history, validations, compare, screen, imageValues: imageValuesOf(view), colour, ...size };
  const enlarged = screen.pane === name;
  switch (name as PaneName) {
    case 'curve':
      return <CurvePane name={runName} {...curves} />;
    case 'groups': {
      const latentShapes = view.started?.latentShapes ?? [];
      const Groups = enlarged ? GroupsOverTime : GroupsPane;
      return <Groups {...curves} latentShapes={latentShapes} />;
    }
    case 'terms': {
      const terms = { digit, title: 'terms', facts: termFacts(view), ...curves };
      return enlarged ? <FactsAndCurves metrics={termMetrics} {...terms} /> : <FactsPane {...terms} />;
    }
    case 'health': {
      const facts = healthFacts(view, { now, checkpointBytes });
      const health = { digit, title: 'health', facts, ...curves };
      return enlarged ? <FactsAndCurves metrics={healthMetrics} {...health} /> : <FactsPane {...health} />;
    }
    case 'run':
      return <FactsPane digit={digit} title="run" facts={runFacts(view, now)} colour={colour} {...size} />;
    case 'reconstructions':
      return (
        <PicturePane
          title="reconstructions"
          previews={view.previews.reconstruction}
          together={2}
          instead={firstPictures(view, 'reconstruction', controls)}
          {...pictures}
        />
      );
    case 'samples':
      return (
        <PicturePane
          title="samples"
          previews={view.previews.samples}
          instead={firstPictures(view, 'samples', controls)}
          {...pictures}
        />
      );
    case 'log':
      return (
        <Pane digit={digit} title="log" {...size}>
          <LogLines log={view.log} rows={rows - 2} scroll={screen.scroll} colour={colour} />
        </Pane>
      );
  }
}

function Help({ situation, columns, rows }: Size & { readonly situation: KeySituation }) {
  return (
    <Box flexDirection="column" height={rows} width={columns} overflow="hidden">
      <Text bold wrap="truncate">
        {' keys (press any key to close)'}
      </Text>
      <KeyList keys={keysFor(situation)} />
      {panes.map((pane, i) => (
        <Text key={pane} wrap="truncate" dimColor>{`  ${String(i + 1).padEnd(5)} ${pane}`}</Text>
      ))}
    </Box>
  );
}
