/** What a kind of actor is: its chart, and how it is put to work. */
import type { AnyStateMachine, StateValue } from 'xstate';
import type { z } from 'zod';
import type { Address } from './address.ts';
import type { Principal } from './message.ts';

// Contexts differ by kind; a definition ties them together, and the runtime never looks inside.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Context = any;

/** Which role may, and for which actors: `{ customer: ownOrder, cs: anyone }`. */
export type Access = Readonly<Record<string, (context: Context, principal: Principal) => boolean>>;

export const anyone = (): boolean => true;

/** A side effect that runs outside the turn, at least once, under a key that is stable over retries (R10). */
export interface Activity {
  /** What it depends on, or where its input says so: the breaker is shared by all activities with the same target. */
  readonly target: string | ((input: unknown) => string);
  readonly timeoutMs: number;
  /**
   * The output where no answer came in time, instead of another try: for calls that must not be repeated
   * before it is known what became of them. Survives JSON.
   */
  readonly late?: unknown;
  /**
   * How long after the turn that asked for it a call may begin, ms: the target must still know the key. What is
   * older, because the process was away or the breaker open, counts as late. Left out: for ever.
   */
  readonly maxAgeMs?: number;
  readonly retry: { readonly attempts: number; readonly baseMs: number; readonly maxMs: number };
  /** Throws `TerminalError` when trying again cannot help. The output must survive JSON. */
  run(input: unknown, call: ActivityCall): Promise<unknown>;
}

export interface ActivityCall {
  /** The same however often it is called. */
  readonly key: string;
  /** Counted by this owner of the actor: 1, 2, 3… */
  readonly attempt: number;
  /** It may have been called before under this key, by an earlier try or an owner before: what a no of this try says of that one is up to the target. */
  readonly repeated: boolean;
  readonly signal: AbortSignal;
}

/** What a chart looks like in a record, as a migration gets it. */
export interface ChartSnapshot {
  readonly value: StateValue;
  readonly context: unknown;
  readonly status: 'active' | 'done' | 'error';
  readonly historyValue?: unknown;
  readonly output?: unknown;
}

export interface ActorDefinition {
  /** One word in camelCase; part of keys, subjects and event names. */
  readonly kind: string;
  /** As in the URL: `stock-items`. */
  readonly plural: string;
  /** Raised with every change of the chart that a stored snapshot could notice. */
  readonly version: number;
  readonly machine: AnyStateMachine;
  /**
   * What the chart keeps, as its records have it. One that comes from the store and does not fit is not run (I9):
   * messages to it become dead letters. Left out: nobody looks.
   */
  readonly context?: z.ZodType;
  /** One schema per event that the chart understands, without `type`. */
  readonly events: Readonly<Record<string, z.ZodType>>;
  /** The payload that brings an actor into being; the chart's input is this and the `id`. */
  readonly input: z.ZodType;
  /**
   * The event that creates: asking twice creates once. With `access` it may come from outside.
   *
   * `arises`: events that bring an actor into being when they are the first to reach it. The chart starts with
   * its `id` alone and takes the event in the same turn, or refuses it, and nothing comes into being; nor where
   * another actor's event leaves it as it begins, though it may answer (ADR 014). `event` is then one of them,
   * and `input` its schema; who may send one from outside is in `commands`.
   */
  readonly create: {
    readonly event: string;
    readonly access?: Access;
    readonly arises?: readonly string[];
  };
  /**
   * The actors that must exist before somebody outside may bring this one into being with its first message.
   * A text says why the id is no id of this kind.
   */
  readonly belongsTo?: (id: string) => readonly Address[] | string;
  /** Events that may be sent from outside, and by whom; all others are not for outside. */
  readonly commands: Readonly<Record<string, Access>>;
  /**
   * What has to be so, in plain words with the field or the remedy, by the guard that asks for it. Where it is
   * given, it has every guard that can refuse a command.
   */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Who may see it. */
  readonly readers: Access;
  /**
   * What lists are filtered by for a caller who may not see all: an indexed field has one of these values. Empty
   * for all others. It need not tell all that `readers` do, but what it leaves out is looked through one by one.
   */
  readonly narrow: (principal: Principal) => Readonly<Record<string, readonly string[]>>;
  /** What lists may filter by. */
  readonly indexed: Readonly<Record<string, (context: Context) => string | undefined>>;
  /** What outsiders see of the context. */
  readonly view: (context: Context) => unknown;
  /** What else those see who may see every actor of the kind: remarks of the staff. */
  readonly internal?: (context: Context) => object;
  /** Fields of the view, wherever they stand in it, that are amounts in minor units of its `currency`. */
  readonly money?: readonly string[];
  /** The real ones behind the chart's `invoke` sources. */
  readonly activities: Readonly<Record<string, Activity>>;
  /** From version n to n + 1, by n. */
  readonly migrations: Readonly<Record<number, (snapshot: ChartSnapshot) => ChartSnapshot>>;
  /** How long an actor may stay in a state before somebody should look. */
  readonly targets: Readonly<Record<string, { readonly dwellMs: number }>>;
  /** What the board of business figures counts; left out: the kind has no board. */
  readonly board?: BoardDefinition;
  /** What holds after every turn, by its name. Tests and the simulator look; the runtime does not. */
  readonly invariants?: Readonly<Record<string, (context: Context, state: StateValue) => boolean>>;
  /**
   * Payloads for the tests that walk the chart, by event type, and outputs by activity source; a function
   * makes them from the context. Only needed where those made from schema and context satisfy no guard.
   */
  readonly examples?: Readonly<Record<string, Examples>>;
  /** States and transitions that those tests need not reach, and why. */
  readonly unreached?: Readonly<Record<string, string>>;
}

export interface BoardDefinition {
  /** The way through, in order: a step is reached in any of its states, and whoever skips one has reached it too. */
  readonly steps: readonly { readonly name: string; readonly states: readonly string[] }[];
  /** From its creation to the last step, ms: longer is late. */
  readonly promiseMs: number;
  /** The states whose numbers are drawn over time. */
  readonly states: readonly string[];
  /** What is bound in an actor, in minor units. */
  readonly value: (context: Context) => { readonly amount: number; readonly currency: string };
}

/** A list, or what makes one from the context; the context is undefined for the event that creates. */
export type Examples = readonly unknown[] | ((context: Context) => readonly unknown[]);

type Optional = 'activities' | 'migrations' | 'targets' | 'indexed' | 'narrow';

export function defineActor(
  definition: Omit<ActorDefinition, Optional> & Partial<Pick<ActorDefinition, Optional>>,
): ActorDefinition {
  return { activities: {}, migrations: {}, targets: {}, indexed: {}, narrow: () => ({}), ...definition };
}

export function isAllowed(access: Access | undefined, context: unknown, principal: Principal): boolean {
  if (access === undefined) return false;
  // Roles come with a token, and may be named like a property of every object.
  return principal.roles.some(
    (role) => Object.hasOwn(access, role) && access[role]?.(context, principal) === true,
  );
}

/** Whether one of the caller's roles may see every actor of the kind, whatever it holds. */
export function seesAll({ readers }: Pick<ActorDefinition, 'readers'>, { roles }: Principal): boolean {
  return roles.some((role) => Object.hasOwn(readers, role) && readers[role] === anyone);
}

/** Whether lists show this caller only what is under their own name. */
export function seesOwnOnly({ narrow }: Pick<ActorDefinition, 'narrow'>, principal: Principal): boolean {
  return Object.values(narrow(principal)).some((values) => values.includes(principal.subject));
}

/** What this caller, who may see the actor, sees of its context. */
export function shownTo(
  principal: Principal,
  definition: Pick<ActorDefinition, 'readers' | 'view' | 'internal'>,
  context: unknown,
): unknown {
  const { view, internal } = definition;
  const shown = view(context);
  return internal !== undefined && seesAll(definition, principal)
    ? { ...(shown as object), ...internal(context) }
    : shown;
}

/** Whether this event brings an actor into being when it is the first to reach it. */
export function arisesWith({ create }: Pick<ActorDefinition, 'create'>, eventType: string): boolean {
  return create.arises?.includes(eventType) === true;
}

/** As in the URL: `order.changeAddress` → `change-address`. */
export function commandOf(eventType: string): string {
  return eventType
    .slice(eventType.indexOf('.') + 1)
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll('.', '-');
}
