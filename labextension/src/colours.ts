/** Colours of steps: Okabe and Ito's, which people with any colour vision tell apart. */

const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b2a11d'];

/** Return the colour of a step by its place in the pipeline; colours repeat, names do not. */
export function colourOf(rank: number): string {
  return COLOURS[((rank % COLOURS.length) + COLOURS.length) % COLOURS.length] ?? '#888888';
}
