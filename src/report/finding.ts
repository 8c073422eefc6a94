/** Owns how a room says how it is. Pure. */

export type Level = 'ok' | 'warning' | 'error';

/** How a state is to be taken; `off`: as it was asked for, and no news. */
export type Shade = Level | 'off';
