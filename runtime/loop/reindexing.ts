/**
 * Lists find actors by terms that their records carry, and another build may have stored those: an older chart,
 * or other fields in `indexed`. So whoever takes a partition over looks through its records, a page at a time
 * between two batches, and stores the terms of this build where they differ; nothing else of a record changes.
 * Each owner begins anew until one has been through; what is done by then, it finds done.
 */
import { addressOf } from '../address.ts';
import { messageOf } from '../errors.ts';
import { hash53 } from '../core/hash.ts';
import type { Commit, Logger, PartitionState, Store } from '../ports.ts';
import { parseRecord, termsOf, withTerms } from '../core/record.ts';
import type { Registry } from '../core/registry.ts';

/** Records in one page: what a batch may have to wait for. */
const pageMax = 100;

type Change = Commit['records'][number];

interface Context {
  readonly registry: Registry;
  readonly backend: { readonly store: Pick<Store, 'browse'> };
  readonly logger: Logger;
}

export class Reindexing {
  readonly #context: Context;
  readonly #partition: number;
  readonly #hash: string;
  #stage: 'looking' | 'through' | 'over';
  #from: string | undefined;
  #isDue = false;
  #listed = 0;
  #unread = 0;

  constructor(context: Context, partition: number, { commits, indexed }: PartitionState) {
    this.#context = context;
    this.#partition = partition;
    this.#hash = indexHash(context.registry);
    // Where nothing is stored there is nothing to look through.
    const stage = commits === 0 ? 'through' : 'looking';
    this.#stage = indexed === this.#hash ? 'over' : stage;
  }

  /** Whether a page should be looked at now. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** For the next commit to say, once all records are listed as this build does it. */
  get indexed(): Pick<Commit, 'indexed'> {
    return this.#stage === 'through' ? { indexed: this.#hash } : {};
  }

  /** Answers whether there is a page to look at. */
  tick(): boolean {
    this.#isDue = this.#stage === 'looking';
    return this.#isDue;
  }

  committed({ indexed }: Commit): void {
    if (indexed !== undefined) this.#stage = 'over';
  }

  /** Looks at one page, and commits what has to be listed otherwise. No batch may run meanwhile. */
  async step(commit: (records: readonly Change[]) => Promise<void>): Promise<void> {
    const { backend, registry, logger } = this.#context;
    this.#isDue = false;
    const { records, next } = await backend.store.browse(this.#partition, this.#from, pageMax);
    const changes = records.flatMap((record) => {
      try {
        return relisted(record, registry);
      } catch (error) {
        this.#unread += 1;
        logger.error({ actor: record.key, cause: messageOf(error) }, 'a record cannot be read');
        return [];
      }
    });
    this.#from = next;
    this.#listed += changes.length;
    if (next === undefined) this.#end();
    if (changes.length > 0 || next === undefined) await commit(changes);
  }

  /** What could not be read is looked for again by the next owner. */
  #end(): void {
    this.#stage = this.#unread === 0 ? 'through' : 'over';
    const counts = { listed: this.#listed, unread: this.#unread };
    this.#context.logger.info({ partition: this.#partition, ...counts }, 'index renewed');
  }
}

/** The record's text with this build's terms; nothing if it has them. Throws `TerminalError` if it cannot be read. */
export function relisted({ key, body }: { key: string; body: string }, registry: Registry): Change[] {
  const kind = registry.get(addressOf(key).kind);
  if (kind === undefined) return [];
  const { terms: before, menu, snapshot, createdAt } = parseRecord(body, kind);
  const terms = termsOf(kind, menu, snapshot.context);
  const addTerms = terms.filter((term) => !before.includes(term));
  const dropTerms = before.filter((term) => !terms.includes(term));
  if (addTerms.length + dropTerms.length === 0) return [];
  return [{ key, body: withTerms(body, terms), createdAt, addTerms, dropTerms }];
}

/** Of what terms are made of: the charts, and the text of the functions in `indexed`. What those call is not seen. */
export function indexHash(registry: Registry): string {
  const kinds = [...registry.values()].map(({ definition: { kind, version, indexed }, hash }) => [
    ...[kind, version, hash],
    ...Object.entries(indexed).map(([field, of]) => `${field} ${String(of)}`),
  ]);
  return hash53(JSON.stringify(kinds));
}
