/**
 * Owns the shape of a metric: a row of a table, in whichever room it is. Telemetry writes the rows; a row knows nothing
 * of how.
 *
 * Invariant: a figure that is not known has no sample, rather than a 0 that reads as one.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** A value, and those of the labels in their order. */
export type Sample = readonly [value: number, ...labels: (string | number)[]];

/** One value for each key, of many: nothing is made for each. */
export interface Column {
  /** The value of the one label, or those of several; the same array for as long as the keys are the same. */
  readonly keys: readonly (string | readonly string[])[];
  /** NaN is not known, and no sample. */
  readonly values: ArrayLike<number>;
  /** Keys with a zero here are left out, unless zeros are asked for. */
  readonly activity?: ArrayLike<number>;
}

/** The samples of a histogram or a summary: the label is the bound or the quantile. */
export interface Distribution {
  readonly parts: readonly Sample[];
  readonly sum: number;
  readonly count: number;
}

export type Samples = Iterable<Sample> | Column | Distribution;

export interface Metric<Source, Read extends Samples = Samples> {
  readonly name: string;
  readonly type: MetricType;
  /** No line breaks and no quotes. */
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (source: Source) => Read;
}

type Unnamed<Source, Read extends Samples = Samples> = Omit<Metric<Source, Read>, 'name'>;

/** What one registry can hold: no bulk. */
export type PlainMetric<Source> = Metric<Source, Iterable<Sample>>;

/** Rows by their names; that of a counter ends in `_total`. */
/* @__NO_SIDE_EFFECTS__ */
export function metricTable<Source, Read extends Samples = Iterable<Sample>>(
  rows: Readonly<Record<string, Unnamed<Source, Read>>>,
): Metric<Source, Read>[] {
  return Object.entries(rows).map(([name, row]) => ({ name, ...row }));
}

type Value = number | boolean | undefined;
type Plain<Source> = Unnamed<Source, Iterable<Sample>>;

/** One without labels. @example gauge('Whether it is up', ({ isUp }) => isUp) */
/* @__NO_SIDE_EFFECTS__ */
export function gauge<Source>(help: string, read: (source: Source) => Value): Plain<Source> {
  return gauges(help, [], (source) => alone(read(source)));
}

/** One without labels. */
/* @__NO_SIDE_EFFECTS__ */
export function counter<Source>(help: string, read: (source: Source) => Value): Plain<Source> {
  return counters(help, [], (source) => alone(read(source)));
}

/** One with labels. @example gauges('Whether a part is up', ['part'], ({ parts }) => parts.map(…)) */
/* @__NO_SIDE_EFFECTS__ */
export function gauges<Source, Read extends Samples = Iterable<Sample>>(
  help: string,
  labels: readonly string[],
  read: (source: Source) => Read,
): Unnamed<Source, Read> {
  return { type: 'gauge', help, labels, read };
}

/** One with labels. */
/* @__NO_SIDE_EFFECTS__ */
export function counters<Source, Read extends Samples = Iterable<Sample>>(
  help: string,
  labels: readonly string[],
  read: (source: Source) => Read,
): Unnamed<Source, Read> {
  return { type: 'counter', help, labels, read };
}

/** One sample for each state that there is, 1 for the one that is; the state is the last label. */
export function stateSamples<State extends string>(
  states: Readonly<Record<State, unknown>>,
  state: State,
  ...labels: readonly string[]
): Sample[] {
  return Object.keys(states).map((one) => [Number(one === state), ...labels, one]);
}

/** Seconds of milliseconds. */
export function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

function alone(value: Value): Sample[] {
  return value === undefined ? [] : [[Number(value)]];
}
