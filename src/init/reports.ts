/** The channels by which all parts report from the first line on: log, conditions, phases and change notifications. */
import { Conditions, type Console } from '../log/mod.ts';
import { Changes } from './changes.ts';
import { Phases } from './phases.ts';

export class Reports {
  readonly console: Console;
  readonly changes = new Changes();
  readonly conditions: Conditions;
  readonly phases: Phases;
  /** `performance.now()` of the first own line. */
  readonly startedAt: number;

  constructor(console: Console, startedAt: number) {
    this.console = console;
    this.startedAt = startedAt;
    this.conditions = new Conditions(console, this.changes.announce);
    this.phases = new Phases(console, startedAt);
  }
}
