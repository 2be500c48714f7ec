/** What can be wrong between actors. They were not read at the same moment: a second look has to agree. */
import type { StateValue } from 'xstate';
import { keyOf, type Address } from '../../runtime/address.ts';
import { messageOf } from '../../runtime/errors.ts';
import { parseRecord, type ActorRecord } from '../../runtime/core/record.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { pageMax, type DoctorSource } from './source.ts';
import type { Finding, Found } from './findings.ts';

/** An actor as it stood when it was read. */
export interface Standing extends Address {
  readonly version: number;
  readonly state: StateValue;
  readonly context: unknown;
}

/** A rule over one actor and others that it names. Pure. */
export interface Relation {
  /** In words. */
  readonly name: string;
  /** The kind of actor that it begins from. */
  readonly kind: string;
  /** Whom it looks at besides. */
  readonly others: (actor: Standing) => readonly Address[];
  /** What is wrong, in words; none: nothing. */
  readonly faults: (actor: Standing, find: (of: Address) => Standing | undefined) => readonly string[];
}

export interface Looking {
  readonly registry: Registry;
  readonly relations: readonly Relation[];
}

/** Read at once besides a page; more only where one actor names more. */
const othersMax = 1_000;

/** What actors of one kind, and those that they name, have against each other. */
export async function contradictionsOf(
  records: readonly ActorRecord[],
  source: DoctorSource,
  { registry, relations }: Looking,
): Promise<Finding[]> {
  const asked = relations.filter(({ kind }) => kind === records[0]?.kind);
  if (asked.length === 0) return [];
  const findings: Finding[] = [];
  for (const group of groupsOf(records, asked)) {
    const read = new Map(group.records.map((record) => [record.key, record]));
    const missing = [...group.named].filter((key) => !read.has(key));
    for (const [key, record] of await recordsOf(missing, source, registry)) read.set(key, record);
    findings.push(
      ...group.records.flatMap((record) => asked.flatMap((relation) => faultsOf(record, relation, read))),
    );
  }
  return findings;
}

interface Group {
  readonly records: readonly ActorRecord[];
  readonly named: ReadonlySet<string>;
}

function* groupsOf(records: readonly ActorRecord[], asked: readonly Relation[]): Generator<Group> {
  let group = { records: [] as ActorRecord[], named: new Set<string>() };
  for (const record of records) {
    const standing = standingOf(record);
    group.records.push(record);
    for (const of of asked.flatMap((relation) => namedBy(standing, relation))) group.named.add(keyOf(of));
    if (group.named.size < othersMax) continue;
    yield group;
    group = { records: [], named: new Set() };
  }
  yield group;
}

function faultsOf(
  record: ActorRecord,
  relation: Relation,
  read: ReadonlyMap<string, ActorRecord>,
): Finding[] {
  const actor = standingOf(record);
  const named = new Map(namedBy(actor, relation).map((of) => [keyOf(of), of]));
  const there = [...named.keys()].flatMap((key) => read.get(key) ?? []);
  const absent = [...named].filter(([key]) => !read.has(key)).map(([, of]) => ({ ...of, version: 0 }));
  const involved = [record, ...there];
  return toldBy(actor, relation, read).map((fault) => ({
    check: 'contradiction',
    actors: [...involved.map(foundOf), ...absent],
    what: `${relation.name}: ${fault}`,
    since: Math.max(...involved.map(({ updatedAt }) => updatedAt)),
  }));
}

/** A rule may not get along with books that are broken; that is told as its fault. */
function toldBy(
  actor: Standing,
  { faults }: Relation,
  read: ReadonlyMap<string, ActorRecord>,
): readonly string[] {
  const find = (of: Address): Standing | undefined => {
    const found = read.get(keyOf(of));
    return found === undefined ? undefined : standingOf(found);
  };
  try {
    return faults(actor, find);
  } catch (error) {
    return [`cannot be told: ${messageOf(error)}`];
  }
}

function namedBy(actor: Standing, { others }: Relation): readonly Address[] {
  try {
    return others(actor);
  } catch {
    return [];
  }
}

/** Those findings whose actors, all of them, still have the version that they had. */
export async function stillStanding(
  findings: readonly Finding[],
  source: DoctorSource,
  registry: Registry,
): Promise<Finding[]> {
  const standing: Finding[] = [];
  for (let at = 0; at < findings.length; at += pageMax) {
    const some = findings.slice(at, at + pageMax);
    const keys = new Set(some.flatMap(({ actors }) => actors.map(keyOf)));
    const now = await recordsOf([...keys], source, registry);
    const stands = (actor: Found): boolean => (now.get(keyOf(actor))?.version ?? 0) === actor.version;
    standing.push(...some.filter(({ actors }) => actors.every(stands)));
  }
  return standing;
}

/** By key; who does not exist, or cannot be read, is not in it. */
async function recordsOf(
  keys: readonly string[],
  source: DoctorSource,
  registry: Registry,
): Promise<Map<string, ActorRecord>> {
  const found = new Map<string, ActorRecord>();
  for (let at = 0; at < keys.length; at += pageMax) {
    for (const text of await source.records(keys.slice(at, at + pageMax))) {
      const record = text === undefined ? undefined : readRecord(text, registry);
      if (record !== undefined && 'key' in record) found.set(record.key, record);
    }
  }
  return found;
}

/** The record, or why there is none. */
export function readRecord(text: string, registry: Registry): ActorRecord | { problem: string } {
  try {
    const { kind: name } = JSON.parse(text) as { kind: string };
    const kind = registry.get(name);
    return kind === undefined ? { problem: `there is no kind ${name}` } : parseRecord(text, kind);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

export function foundOf({ kind, id, version }: ActorRecord): Found {
  return { kind, id, version };
}

function standingOf({ kind, id, version, snapshot }: ActorRecord): Standing {
  return { kind, id, version, state: snapshot.value as StateValue, context: snapshot.context as unknown };
}
