/** `waybill doctor`: reads all stored actors once, and looks a second time at what may only have been passing. */
import type { Address } from '../../runtime/address.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Kind, Registry } from '../../runtime/core/registry.ts';
import { brokenInvariants, targetsOf, waitsForNothing } from './actor.ts';
import { countDeadLetters } from './dead.ts';
import { createFindings, type Finding, type Findings } from './findings.ts';
import { contradictionsOf, foundOf, readRecord, stillStanding, type Relation } from './related.ts';
import type { DoctorSource, OpenSource } from './source.ts';

export interface DoctorSetting {
  readonly open: OpenSource;
  readonly registry: Registry;
  readonly relations: readonly Relation[];
  /** ms */
  readonly now: number;
  /** Resolves when it is time for the second look. */
  readonly pause: () => Promise<void>;
  /** How many findings of each check are kept. */
  readonly limit: number;
  /** Dead letters before are left out, ms. */
  readonly deadSince: number;
}

export interface Diagnosis {
  readonly place: string;
  readonly now: number;
  /** How many actors there are, by kind. */
  readonly actors: Readonly<Record<string, number>>;
  readonly findings: Findings;
  /** Found at the first look, and gone or changed at the second. */
  readonly passing: number;
  /** Beyond what is looked at twice. */
  readonly unconfirmed: number;
}

/** `TerminalError` or `RetryableError` where it cannot be read. */
export async function examine(setting: DoctorSetting): Promise<Diagnosis> {
  const examination: Examination = {
    ...{ setting, findings: createFindings(setting.limit), counts: {} },
    ...{ suspicions: [], unconfirmed: 0 },
  };
  const place = await firstLook(examination);
  const passing = await secondLook(examination);
  const { findings, counts: actors, unconfirmed } = examination;
  return { place, now: setting.now, actors, findings, passing, unconfirmed };
}

interface Examination {
  readonly setting: DoctorSetting;
  readonly findings: Findings;
  readonly counts: Record<string, number>;
  /** To be looked at again. */
  readonly suspicions: Finding[];
  unconfirmed: number;
}

const suspicionsMax = 10_000;

async function firstLook(examination: Examination): Promise<string> {
  const { setting, findings, counts } = examination;
  const source = await setting.open();
  try {
    for (const kind of setting.registry.values()) {
      const { kind: name } = kind.definition;
      counts[name] = 0;
      for await (const texts of source.pages(name)) {
        counts[name] += texts.length;
        await examinePage(texts, { examination, kind, source });
      }
    }
    const dead = await countDeadLetters(() => source.deadLetters(), setting.deadSince);
    for (const { finding, count } of dead) findings.add(finding, count);
    return source.place;
  } finally {
    await source.close();
  }
}

interface Page {
  readonly examination: Examination;
  readonly kind: Kind;
  readonly source: DoctorSource;
}

async function examinePage(texts: readonly string[], page: Page): Promise<void> {
  const { examination, kind, source } = page;
  const { setting, findings } = examination;
  const records: ActorRecord[] = [];
  for (const text of texts) {
    const record = readRecord(text, setting.registry);
    if ('key' in record) records.push(record);
    else findings.add(unreadable(text, record.problem));
  }
  for (const record of records) {
    for (const name of brokenInvariants(kind, record)) findings.add(about(record, 'broken', name));
    for (const finding of stuckIn(kind, record, setting.now)) findings.add(finding);
    if (waitsForNothing(kind, record)) suspect(examination, about(record, 'idle', `in ${inWords(record)}`));
  }
  for (const finding of await contradictionsOf(records, source, setting)) suspect(examination, finding);
}

function suspect(examination: Examination, finding: Finding): void {
  if (examination.suspicions.length < suspicionsMax) examination.suspicions.push(finding);
  else examination.unconfirmed++;
}

async function secondLook({ setting, findings, suspicions }: Examination): Promise<number> {
  if (suspicions.length === 0) return 0;
  await setting.pause();
  const source = await setting.open();
  try {
    const standing = await stillStanding(suspicions, source, setting.registry);
    for (const finding of standing) findings.add(finding);
    return suspicions.length - standing.length;
  } finally {
    await source.close();
  }
}

function stuckIn(kind: Kind, record: ActorRecord, now: number): Finding[] {
  return targetsOf(kind, record).flatMap(([path, dwellMs]) => {
    const since = record.since[record.menu.paths.indexOf(path)] ?? record.updatedAt;
    return now - since > dwellMs ? [{ ...about(record, 'stuck', stuckWords(path, dwellMs)), since }] : [];
  });
}

function stuckWords(path: string, dwellMs: number): string {
  return `in ${path}, target ${ageOf(dwellMs)}`;
}

function about(record: ActorRecord, check: Finding['check'], what: string): Finding {
  return { check, actors: [foundOf(record)], what, since: record.updatedAt };
}

function unreadable(text: string, problem: string): Finding {
  const { kind, id, version, updatedAt } = headOf(text);
  return { check: 'unreadable', actors: [{ kind, id, version }], what: problem, since: updatedAt };
}

function headOf(text: string): Address & { version: number; updatedAt: number } {
  const unknown = { kind: 'unknown', id: 'unknown', version: 0, updatedAt: 0 };
  try {
    return { ...unknown, ...(JSON.parse(text) as object) };
  } catch {
    return unknown;
  }
}

function inWords({ menu }: ActorRecord): string {
  return menu.leaves.join(' and ');
}

/** `90_000` → `1 min`: the largest unit that it has one of. */
export function ageOf(ms: number): string {
  const sizes = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 };
  const [unit, size] = Object.entries(sizes).find(([, each]) => ms >= each) ?? ['s', 1_000];
  return `${Math.floor(ms / size)} ${unit}`;
}
