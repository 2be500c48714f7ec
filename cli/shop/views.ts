/** What is read from the views of actors, as HTTP shows them. */
import type { Answer } from './calls.ts';

export interface View {
  readonly id: string;
  /** `done`: nothing can change any more. */
  readonly status: 'active' | 'done' | 'error';
  readonly states: readonly string[];
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Line {
  readonly lineId: string;
  readonly quantity: number;
}

/** Undefined where the answer shows no actor. */
export function viewOf({ status, body }: Answer): View | undefined {
  return (status === 200 || status === 201) && Array.isArray(body['states'])
    ? (body as unknown as View)
    : undefined;
}

export function isIn({ states }: View, state: string): boolean {
  return states.some((each) => each === state || each.startsWith(`${state}.`));
}

export function numberIn({ context }: View, name: string): number {
  return Number(context[name] ?? 0);
}

export function textIn({ context }: View, name: string): string {
  const value = context[name];
  return typeof value === 'string' ? value : '';
}

interface Part {
  readonly id: string;
  readonly state: string;
  readonly writtenOff?: boolean;
}

export function fulfillmentsOf({ context }: View): readonly Part[] {
  return (context['fulfillments'] ?? []) as Part[];
}

export function incidentsOf({ context }: View): readonly string[] {
  return Array.isArray(context['incidents']) ? (context['incidents'] as string[]) : [];
}

/** What a warehouse has still to pick. */
export function assignedLines({ context }: View): readonly Line[] {
  const lines = (context['lines'] ?? []) as { lineId: string; assigned: number }[];
  return lines
    .filter(({ assigned }) => assigned > 0)
    .map(({ lineId, assigned }) => ({ lineId, quantity: assigned }));
}

/** States that say no more than that all is as usual. */
const usual = /\.(supplied|clear|none|quiet|kept|blank|idle)$/;

/** What a person wants to know of its state: `active: delivered, captured`. */
export function stateText(view: View): string {
  if (view.context['onHand'] !== undefined) return `${numberIn(view, 'onHand')} on hand`;
  const told = view.states.filter((state) => !usual.test(state));
  const isActive = told.some((state) => state.startsWith('active.'));
  const names = told.map((state) => state.replace(/^(active\.)?[a-z]+\./, ''));
  return [isActive ? `active: ${names.join(', ')}` : names.join(', '), ...troubles(view)].join(', ');
}

function troubles(view: View): string[] {
  const astray = fulfillmentsOf(view).filter(
    ({ state, writtenOff }) => state === 'lost' && writtenOff !== true,
  );
  const incidents = incidentsOf(view);
  const duplicates = duplicatesIn(view);
  return [
    ...astray.map(({ id }) => `${id} is lost`),
    ...incidents.map((incident) => `incident: ${incident}`),
    ...(duplicates > 0 ? [`webhooks known already: ${duplicates}`] : []),
  ];
}

/** Webhooks that a payment has heard before. */
export function duplicatesIn({ context }: View): number {
  const { duplicates = 0 } = (context['webhooks'] ?? {}) as { duplicates?: number };
  return duplicates;
}

/** Minor units, as people write them: 3900 is `39.00`. */
export function money(minor: number): string {
  return (minor / 100).toFixed(2);
}
