/** Bits of colour: none, the 16 colours of the terminal's theme, the 256 of xterm, or red, green and blue of a byte each. */
export type ColourDepth = 1 | 4 | 8 | 24;

/** Colour depths that can show pictures. */
export type PictureDepth = Exclude<ColourDepth, 1>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether CI is set; `false`, `0` and empty count as unset. */
export function isInCi({ CI }: Environment): boolean {
  return Boolean(CI) && CI !== '0' && CI?.toLowerCase() !== 'false';
}

/** True-colour terminals that do not always announce this in COLORTERM, or do not pass it on. */
const trueColourTerm = /direct|24bit|truecolor|kitty|ghostty|alacritty|foot|wezterm|contour|^iterm/;
const trueColourProgram = /^(iTerm\.app|WezTerm|ghostty|mintty|vscode|Hyper)$/;

/** The colour depth of the terminal. FORCE_COLOR has its usual levels, 0 to 3; NO_COLOR takes precedence. */
export function colourDepth(env: Environment): ColourDepth {
  const { NO_COLOR, FORCE_COLOR = '', COLORTERM = '', TERM = '', TERM_PROGRAM = '', STY, TMUX } = env;
  if (NO_COLOR || TERM === 'dumb') return 1;
  const forced = forcedDepths.get(FORCE_COLOR);
  if (forced) return forced;
  // Variables of the outer terminal are inherited, but screen itself does not pass more colours on.
  if (STY) return 8;
  if (/^(truecolor|24bit)$/.test(COLORTERM)) return 24;
  // tmux accepts all colours and maps them to those of the outer terminal.
  if (TMUX || env.WT_SESSION || trueColourTerm.test(TERM) || trueColourProgram.test(TERM_PROGRAM)) return 24;
  return TERM === 'linux' ? 4 : 8;
}

const forcedDepths = new Map<string, ColourDepth>([
  ['0', 1],
  ['false', 1],
  ['1', 4],
  ['2', 8],
  ['3', 24],
]);
