/** What environment variables say of the terminal's pictures, and what they and its answers come to. Pure. */
import { type ColourDepth, colourDepth, type Environment, isInCi } from './colourDepth.js';
import {
  assumedCell,
  isBitmapKind,
  noPictures,
  type PictureKind,
  type PictureSupport,
  pictureKinds,
} from './pictureSupport.js';
import { plainQuery, queryWithKitty, type TerminalAnswers } from './terminalAnswers.js';

export interface TerminalHints {
  /** What the person has chosen; null: the best there is. */
  readonly choice: PictureKind | null;
  readonly depth: ColourDepth;
  /** What the terminal's own name promises; null: nothing. */
  readonly promised: 'kitty' | 'iterm' | null;
  /** What to write to learn the rest; empty where there is nothing to learn, or nobody to ask. */
  readonly query: string;
}

/** The variable by which a person chooses. */
const variable = 'NVAE_PICTURES';

/** @throws Error where the person's choice is none of those there are */
export function terminalHints(env: Environment): TerminalHints {
  const choice = choiceOf(env[variable]);
  const depth = isInCi(env) ? 1 : colourDepth(env);
  const promised = promisedBy(env);
  const asked = choice === null ? !cannotBeAsked(env) : isBitmapKind(choice);
  // A multiplexer knows no kitty graphics, and tmux would take the question for the title of its window.
  const query = choice === null && !isMultiplexer(env) ? queryWithKitty : plainQuery;
  return { choice, depth, promised, query: asked && depth > 1 ? query : '' };
}

/** What the terminal gets, by what it has answered until now. */
export function supportOf(
  { choice, depth, promised }: TerminalHints,
  { complete, kitty, sixel, cell, sixelColours = 256 }: TerminalAnswers,
): PictureSupport {
  if (depth === 1) return noPictures;
  // Larger than the cells they lie over, sixels would spoil what is beside them.
  const best = () => {
    if (!complete) return promised ?? 'blocks';
    if (promised === 'iterm') return 'iterm';
    if (kitty) return 'kitty';
    return sixel && cell ? 'sixel' : 'blocks';
  };
  return { kind: choice ?? best(), cell: cell ?? assumedCell, depth, sixelColours };
}

function choiceOf(value: string | undefined): PictureKind | null {
  if (!value) return null;
  const known = pictureKinds.find((kind) => kind === value);
  if (!known)
    throw new Error(`${variable}: expected ${pictureKinds.join(', ')}, got ${JSON.stringify(value)}`);
  return known;
}

/** The terminal around a multiplexer has told its name too, but is not who shows the pictures. */
function promisedBy(env: Environment): TerminalHints['promised'] {
  const { TERM = '', TERM_PROGRAM, LC_TERMINAL } = env;
  if (isMultiplexer(env)) return null;
  if (/^xterm-(kitty|ghostty)$/.test(TERM)) return 'kitty';
  // A remote shell is told of the second only.
  return /^(iTerm\.app|WezTerm|mintty)$/.test(TERM_PROGRAM ?? '') ||
    (!TERM_PROGRAM && LC_TERMINAL === 'iTerm2')
    ? 'iterm'
    : null;
}

function isMultiplexer({ TMUX, STY, ZELLIJ, TERM = '' }: Environment): boolean {
  return Boolean(TMUX || STY || ZELLIJ) || /^(tmux|screen)/.test(TERM);
}

/** They print questions that they do not know. */
function cannotBeAsked({ TERM, TERM_PROGRAM }: Environment): boolean {
  return TERM === 'linux' || TERM_PROGRAM === 'Apple_Terminal';
}
