/**
 * What has been settled, in the order of the file: counts, the report of what was refused, and beside the file how
 * far it has come, so that a second start goes on from there.
 */
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import type { Outcome } from './delivery.ts';
import type { Item, Refusal } from './item.ts';

const progressSchema = z.strictObject({
  /** What it is the progress of: another file, server or kind is another import. */
  of: z.string(),
  /** All lines up to this one, and with them these bytes of the file, are settled. */
  line: z.int().min(0),
  bytes: z.int().min(0),
  created: z.int().min(0),
  there: z.int().min(0),
  refused: z.int().min(0),
  reportBytes: z.int().min(0),
});

export type Progress = z.infer<typeof progressSchema>;

export interface LedgerOptions {
  readonly of: string;
  /** Where the progress is kept; undefined: nowhere. */
  readonly file: string | undefined;
  readonly report: string;
  readonly restart: boolean;
}

export interface Ledger {
  /** As it stands. */
  readonly progress: Readonly<Progress>;
  /** `resumed`: it goes on from where another run ended. `other`: there was progress, but of something else. */
  readonly start: 'new' | 'resumed' | 'other';
  take(item: Item, outcome: Outcome): void;
  /** Writes the progress down. */
  save(): void;
  /** All is settled: there is nothing left to go on from. */
  finish(): void;
  close(): void;
}

const saveEvery = { items: 100, ms: 1_000 };

export function openLedger({ of, file, report, restart }: LedgerOptions): Ledger {
  const found = file === undefined || restart ? undefined : read(file);
  const isResumed = found?.of === of && found.reportBytes <= sizeOf(report);
  const progress: Progress = isResumed
    ? found
    : { of, line: 0, bytes: 0, created: 0, there: 0, refused: 0, reportBytes: 0 };
  // What was refused behind the settled lines will be told again.
  if (progress.reportBytes === 0) rmSync(report, { force: true });
  else truncateSync(report, progress.reportBytes);
  let descriptor: number | undefined;
  let unsaved = 0;
  let savedAt = performance.now();

  function save(): void {
    unsaved = 0;
    savedAt = performance.now();
    if (file === undefined || progress.line === 0) return;
    writeFileSync(`${file}.part`, `${JSON.stringify(progress)}\n`);
    renameSync(`${file}.part`, file);
  }

  return {
    progress,
    start: isResumed ? 'resumed' : found === undefined ? 'new' : 'other',
    save,
    take(item, outcome) {
      progress.line = item.line;
      progress.bytes = item.end;
      progress[outcome.is] += 1;
      if (outcome.is === 'refused') {
        descriptor ??= openSync(report, 'a');
        progress.reportBytes += writeSync(descriptor, reported(item, outcome.refusal));
      }
      unsaved += 1;
      if (unsaved >= saveEvery.items || performance.now() - savedAt > saveEvery.ms) save();
    },
    finish() {
      if (file !== undefined) rmSync(file, { force: true });
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

/** The original stands in it as it was given, digit by digit. */
function reported({ line, id, text }: Item, { type, reason, errors }: Refusal): string {
  const head = JSON.stringify({ line, id: id ?? null, type, reason, errors });
  return `${head.slice(0, -1)},"original":${text}}\n`;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Progress that cannot be read is as good as none: a repeat does no harm. */
function read(file: string): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
