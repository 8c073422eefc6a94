/** Owns the page's model in the browser: what came as events, put together. Pure. */
import type { Figures, PageModel } from '../page-model.ts';
import { extendHistory } from '../rates.ts';
import type { ApplianceStatus } from '../../status/mod.ts';

/** `event: model` */
export type WholeModel = PageModel & { readonly now: number };

/** `event: status`; a part that is gone is null. */
export interface StatusChange {
  readonly now: number;
  readonly uptimeSeconds: number;
  readonly interfaceCount: number;
  readonly changed: Readonly<Record<string, unknown>>;
}

/** `event: figures` */
export type FiguresEvent = Figures & { readonly now: number };

export function applyStatus(model: PageModel, change: StatusChange): PageModel {
  const { uptimeSeconds, interfaceCount, changed } = change;
  const parts: Record<string, unknown> = { ...model.status, uptimeSeconds };
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) delete parts[name];
    else parts[name] = value;
  }
  const status = parts as unknown as ApplianceStatus;
  // what is old is not shown as what is so now
  const old = status.stats.state === 'fresh' ? {} : { rates: undefined, load: undefined };
  return { ...model, ...old, status, interfaceCount };
}

export function applyFigures(model: PageModel, { rates, load }: FiguresEvent): PageModel {
  const history = rates === undefined ? model.history : extendHistory(model.history, rates);
  return { ...model, rates, load, history };
}
