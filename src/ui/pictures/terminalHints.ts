/** What environment variables reveal about picture support, and how they combine with the terminal's answers. Pure. */
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
  /** The method the user chose; null for the best available. */
  readonly choice: PictureKind | null;
  readonly depth: ColourDepth;
  /** The method implied by the terminal's name; null: unknown. */
  readonly promised: 'kitty' | 'iterm' | null;
  /** Queries to write to the terminal; empty if none are needed or it cannot be queried. */
  readonly query: string;
}

/** The variable that sets the method. */
const variable = 'NVAE_PICTURES';

/** @throws Error if the variable has an unknown value */
export function terminalHints(env: Environment): TerminalHints {
  const choice = choiceOf(env[variable]);
  const depth = isInCi(env) ? 1 : colourDepth(env);
  const promised = promisedBy(env);
  const asked = choice === null ? !cannotBeAsked(env) : isBitmapKind(choice);
  // Multiplexers do not support kitty graphics, and tmux would use the query as the title of its window.
  const query = choice === null && !isMultiplexer(env) ? queryWithKitty : plainQuery;
  return { choice, depth, promised, query: asked && depth > 1 ? query : '' };
}

/** Picture support according to the answers so far. */
export function supportOf(
  { choice, depth, promised }: TerminalHints,
  { complete, kitty, sixel, cell, sixelColours = 256 }: TerminalAnswers,
): PictureSupport {
  if (depth === 1) return noPictures;
  // Sixels larger than their cells would overwrite their surroundings.
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
    throw new Error(`${variable}: unknown value ${JSON.stringify(value)}; use ${pictureKinds.join(', ')}`);
  return known;
}

/** In a multiplexer the variables name the outer terminal, which does not show the pictures. */
function promisedBy(env: Environment): TerminalHints['promised'] {
  const { TERM = '', TERM_PROGRAM, LC_TERMINAL } = env;
  if (isMultiplexer(env)) return null;
  if (/^xterm-(kitty|ghostty)$/.test(TERM)) return 'kitty';
  // A remote shell receives only LC_TERMINAL.
  return /^(iTerm\.app|WezTerm|mintty)$/.test(TERM_PROGRAM ?? '') ||
    (!TERM_PROGRAM && LC_TERMINAL === 'iTerm2')
    ? 'iterm'
    : null;
}

function isMultiplexer({ TMUX, STY, ZELLIJ, TERM = '' }: Environment): boolean {
  return Boolean(TMUX || STY || ZELLIJ) || /^(tmux|screen)/.test(TERM);
}

/** Terminals that print unknown queries. */
function cannotBeAsked({ TERM, TERM_PROGRAM }: Environment): boolean {
  return TERM === 'linux' || TERM_PROGRAM === 'Apple_Terminal';
}
