/** The stored state of one actor, and its way to text and back (I9). */
import type { AnyMachineSnapshot, StateValue } from 'xstate';
import { z } from 'zod';
import { addressSchema, keyOf, type Address } from '../address.ts';
import type { ChartSnapshot } from '../definition.ts';
import { TerminalError, messageOf } from '../errors.ts';
import { eventSchema, type Event } from '../message.ts';
import { persist, restore, withChildren } from './chart.ts';
import type { Kind, Menu } from './registry.ts';

export interface Timer {
  readonly event: Event;
  /** Absolute deadline in mailbox time, ms (R9). */
  readonly at: number;
  readonly token: string;
}

export interface RunningActivity {
  readonly source: string;
  readonly input: unknown;
  readonly token: string;
  /** Mailbox time of the turn that asked for it, ms. */
  readonly startedAt: number;
  /** W3C trace context of the request that it goes back to: its result goes on with it. */
  readonly trace?: string;
}

export interface ActorRecord extends Address {
  readonly key: string;
  /** Accepted transitions so far: the ETag. */
  readonly version: number;
  /** Mailbox sequence of the last one; informative only (R5). */
  readonly sequence: number;
  readonly snapshot: AnyMachineSnapshot;
  /** Characters of the snapshot as JSON; of a large one, when it was last looked at (`measured`). */
  readonly size: number;
  readonly timers: Readonly<Record<string, Timer>>;
  readonly activities: Readonly<Record<string, RunningActivity>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it entered each of the states that it is in, ms, in the order of `menu.paths`. */
  readonly since: readonly number[];
  /** What depends on the state alone; worked out, not stored. */
  readonly menu: Menu;
  /** What lists find it by since its last commit: another build's terms until then. */
  readonly terms: readonly string[];
}

const storedSchema = z.strictObject({
  ...addressSchema.shape,
  chart: z.strictObject({ version: z.int(), hash: z.string() }),
  version: z.int().positive(),
  sequence: z.int(),
  snapshot: z.strictObject({
    value: z.custom<StateValue>((value) => typeof value === 'string' || typeof value === 'object'),
    context: z.unknown(),
    status: z.enum(['active', 'done', 'error']),
    output: z.unknown().optional(),
    historyValue: z.unknown().optional(),
  }),
  timers: z.record(z.string(), z.strictObject({ event: eventSchema, at: z.number(), token: z.string() })),
  activities: z.record(
    z.string(),
    z.strictObject({
      source: z.string(),
      input: z.unknown().optional(),
      token: z.string(),
      startedAt: z.number(),
      trace: z.string().optional(),
    }),
  ),
  createdAt: z.number(),
  updatedAt: z.number(),
  since: z.array(z.number()),
  terms: z.array(z.string()),
});

export function recordText(
  record: ActorRecord,
  kind: Kind,
  snapshot = snapshotText(record.snapshot),
): string {
  const { version } = kind.definition;
  return (
    `{"kind":"${record.kind}","id":"${record.id}","chart":{"version":${version},"hash":"${kind.hash}"},` +
    `"version":${record.version},"sequence":${record.sequence},"snapshot":${snapshot},` +
    `"timers":${JSON.stringify(record.timers)},"activities":${JSON.stringify(record.activities)},` +
    `"createdAt":${record.createdAt},"updatedAt":${record.updatedAt},"since":${JSON.stringify(record.since)},` +
    `"terms":${JSON.stringify(record.terms)}}`
  );
}

/** The same, found by other terms. */
export function withTerms(text: string, terms: readonly string[]): string {
  return JSON.stringify({ ...(JSON.parse(text) as object), terms });
}

/** Throws `TerminalError` for a record that does not parse or does not fit the chart, with the reason. */
export function parseRecord(text: string, kind: Kind): ActorRecord {
  const stored = readStored(text);
  const key = keyOf(stored);
  const persisted = migrate(stored.snapshot, stored.chart, { kind, key });
  let snapshot: AnyMachineSnapshot;
  try {
    snapshot = withChildren(restore(kind.machine, persisted), Object.keys(stored.activities));
  } catch (error) {
    throw new TerminalError(`${key}: its stored state does not exist in the chart: ${messageOf(error)}`);
  }
  checkContext(persisted.context, kind, key);
  const { chart: _chart, ...rest } = stored;
  const menu = kind.menu(snapshot);
  // A migration may have led into other states: then nobody knows better.
  const since = rest.since.length === menu.paths.length ? rest.since : menu.paths.map(() => rest.updatedAt);
  const fields = rest as Omit<ActorRecord, 'key' | 'snapshot' | 'menu' | 'size' | 'since'>;
  return { ...fields, key, snapshot, size: snapshotText(snapshot).length, since, menu };
}

function readStored(text: string): z.infer<typeof storedSchema> {
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new TerminalError(`the stored record does not parse: ${messageOf(error)}`);
  }
}

/** A snapshot is never run against a chart that it does not fit (I9). */
function migrate(
  snapshot: ChartSnapshot,
  from: { version: number; hash: string },
  { kind, key }: { kind: Kind; key: string },
): ChartSnapshot {
  const { version, migrations } = kind.definition;
  if (from.version === version) {
    if (from.hash === kind.hash) return snapshot;
    throw new TerminalError(
      `${key}: chart ${kind.definition.kind} has changed without a new version; raise its version and add a migration`,
    );
  }
  if (from.version > version) {
    throw new TerminalError(
      `${key}: stored by chart version ${from.version}, this process runs version ${version}`,
    );
  }
  let migrated = snapshot;
  for (let step = from.version; step < version; step++) {
    const migration = migrations[step];
    if (migration === undefined)
      throw new TerminalError(`${key}: there is no migration from version ${step}`);
    migrated = migration(migrated);
  }
  return migrated;
}

/** Another build may have written it under the same version of the chart, or it was damaged. */
function checkContext(context: unknown, { definition }: Kind, key: string): void {
  const parsed = definition.context?.safeParse(context);
  if (parsed?.success !== false) return;
  const [issue] = parsed.error.issues;
  const place = issue === undefined ? '' : `${issue.path.join('/')}: ${issue.message}`;
  throw new TerminalError(`${key}: its stored context does not fit the chart: ${place}`);
}

const texts = new WeakMap<AnyMachineSnapshot, string>();

/** The snapshot as JSON, made once: the journal and the stored record both need it. */
export function snapshotText(snapshot: AnyMachineSnapshot): string {
  const known = texts.get(snapshot);
  if (known !== undefined) return known;
  const text = JSON.stringify(persist(snapshot));
  texts.set(snapshot, text);
  return text;
}

/** A smaller one stands in the journal with every version. */
export const largeMin = 8_000;
const shareMax = 4_000;
const wholeEvery = 32;

/**
 * Whether the state after this version stands in the journal: the larger it is the rarer, so that its share of an
 * entry stays below `shareMax` until it is 128,000. The steps between are powers of two: each 32nd version has it,
 * however the size went up and down on the way there.
 */
export function isWhole({ size, version }: Pick<ActorRecord, 'size' | 'version'>): boolean {
  return version % spacingOf(size) === 0;
}

function spacingOf(size: number): number {
  return size < largeMin ? 1 : Math.min(wholeEvery, 2 ** Math.ceil(Math.log2(size / shareMax)));
}

/** The size of the next version's snapshot. A large one is only made to text where the journal has it. */
export function measured(
  before: Pick<ActorRecord, 'size'> | undefined,
  version: number,
  snapshot: AnyMachineSnapshot,
): number {
  const size = before?.size ?? 0;
  return isWhole({ size, version }) ? snapshotText(snapshot).length : size;
}

/** Index terms: what the state gives, and the definition's own fields. */
export function termsOf({ definition }: Kind, menu: Menu, context: unknown): readonly string[] {
  const fields = Object.entries(definition.indexed).flatMap(([field, of]) => {
    const value = of(context);
    return value === undefined ? [] : [`${field}=${value}`];
  });
  return [...menu.terms, ...fields];
}

/** States that it was in before have their time; an actor that enters one again in the same step was never out of it. */
export function sinceOf(
  before: Pick<ActorRecord, 'menu' | 'since'> | undefined,
  menu: Menu,
  time: number,
): readonly number[] {
  if (before?.menu === menu) return before.since;
  return menu.paths.map((path) => {
    const index = before?.menu.paths.indexOf(path) ?? -1;
    return before?.since[index] ?? time;
  });
}
