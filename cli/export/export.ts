/** `waybill export`: from incident to test. The journal is replayed first, then written. */
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Address } from '../../runtime/address.ts';
import type { Kind, Registry } from '../../runtime/core/registry.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { journalOf, type JournalSource } from '../journal.ts';
import type { ExportRequest } from '../usage.ts';
import { entryOf, type Entry } from './entry.ts';
import { createRedactor } from './redact.ts';
import { rehearse, type Rehearsal } from './rehearsal.ts';
import { checkFree, defaultFile, replayerFrom, shownPath, write } from './target.ts';
import { testFile } from './test-file.ts';

export interface ExportSetting {
  readonly source: JournalSource;
  readonly registry: Registry;
  /** Where they are otherwise than by default, ms. */
  readonly durations: Readonly<Record<string, number>>;
  /** The project's folder. */
  readonly root: string;
  /** ms */
  readonly now: number;
  readonly stdout: NodeJS.WritableStream;
  /** Tells a person, one line. */
  readonly tell: (line: string) => void;
}

/** Rejects with `TerminalError` where nothing was written, in words for a person. */
export async function exportActor(request: ExportRequest, setting: ExportSetting): Promise<void> {
  const { of, stdout: isPrinted, force, out } = request;
  const { registry, root, durations, stdout } = setting;
  const kind = kindOf(registry, of);
  const file = out === undefined ? defaultFile(of, root) : resolve(out);
  if (!isPrinted && !force) await checkFree(file);
  const entries = await readerOf(request, setting, kind);
  const rehearsal = await rehearse(registry, of, entries());
  if (rehearsal.count === 0) throw new TerminalError(`${of.kind} ${of.id} has no entries of these versions`);
  const about = aboutOf({ request, setting, kind, rehearsal });
  const head = { of, about, replayer: replayerFrom(file, root), durations };
  const text = Readable.from(testFile(head, entries()));
  if (isPrinted) await pipeline(text, stdout, { end: false });
  else await write(text, file);
  report(request, setting, rehearsal);
  if (!isPrinted) stdout.write(`${shownPath(file)}\n`);
}

function kindOf(registry: Registry, of: Address): Kind {
  const kind = registry.get(of.kind);
  if (kind !== undefined) return kind;
  throw new TerminalError(
    `there is no kind of actor named ${of.kind}, but ${[...registry.keys()].join(', ')}`,
  );
}

/** What reads the entries that were asked for, from the first one, as often as it is called. */
async function readerOf(
  { of, redact, from, to }: ExportRequest,
  { source }: ExportSetting,
  { definition }: Kind,
): Promise<() => AsyncGenerator<Entry>> {
  const redactor = redact ? createRedactor(definition, of) : undefined;
  // What comes later is not in the file.
  let until = 0;
  for await (const { sequence, entry } of journalOf(source, of)) {
    until = Math.max(until, sequence);
    redactor?.note(entryOf(entry));
  }
  if (until === 0)
    throw new TerminalError(`the journal of ${source.place} has nothing of ${of.kind} ${of.id}`);
  return async function* () {
    for await (const journaled of journalOf(source, of, until)) {
      const entry = entryOf(journaled.entry);
      if (isWithin({ from, to }, entry)) yield redactor?.redact(entry) ?? entry;
    }
  };
}

/** With the accepted entry before the first one: its snapshot is what the replay begins with. */
function isWithin({ from, to }: { from: number; to: number }, { version, outcome }: Entry): boolean {
  if (from === 1) return version <= to;
  return version <= to && (version >= from || (version === from - 1 && outcome === 'accepted'));
}

interface Exported {
  readonly request: ExportRequest;
  readonly setting: ExportSetting;
  readonly kind: Kind;
  readonly rehearsal: Rehearsal;
}

function aboutOf({ request, setting, kind, rehearsal }: Exported): string[] {
  const { of, redact } = request;
  const { first, last, charts, notes, verdict } = rehearsal;
  const { definition, hash } = kind;
  const redacted = redact ? ', free text redacted' : '';
  return [
    `What happened to ${of.kind} ${of.id}, versions ${first} to ${last}, taken again entry by entry.`,
    '',
    `Exported ${new Date(setting.now).toISOString()} from the journal of ${setting.source.place}${redacted}.`,
    `Made by chart version ${charts.join(', ')}; the chart was at version ${definition.version} then (${hash}).`,
    ...notes,
    verdict,
  ];
}

function report({ redact }: ExportRequest, { tell }: ExportSetting, { notes, verdict }: Rehearsal): void {
  for (const line of [...notes, verdict]) tell(line);
  tell(
    redact
      ? 'Free text is redacted. Look through the file all the same before it is shared.'
      : 'The file holds what people have entered, as it is; --redact replaces it.',
  );
}
