/** What the doctor reads: stored state as it is, next to the processes that run on it. Nothing is written. */
import type { DeadEntry } from '../../runtime/reading/dead-letters.ts';
import type { Log } from '../../runtime/ports.ts';

export interface DoctorSource {
  /** In plain words. */
  readonly place: string;
  /** The stored records of a kind, a page at a time: each actor that was there when it began, once. */
  pages(kind: string): AsyncIterable<readonly string[]>;
  /** Stored records by key, in the order asked. */
  records(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** All of them and what was decided about them, oldest first. */
  deadLetters(): AsyncIterable<DeadEntry>;
  close(): Promise<void>;
}

/** Called again for a second look: what is read then is later than what was read before. */
export type OpenSource = () => Promise<DoctorSource>;

export const pageMax = 200;

/** All entries of a log of dead letters, whoever they were for. */
export async function* deadLettersIn(log: Pick<Log, 'readAll'>): AsyncGenerator<DeadEntry> {
  for (let after = 0; ;) {
    const page = await log.readAll(after, pageMax);
    for (const { body } of page) yield JSON.parse(body) as DeadEntry;
    const last = page.at(-1)?.sequence;
    if (last === undefined) return;
    after = last;
  }
}
