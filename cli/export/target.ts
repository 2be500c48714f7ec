/** Where an exported test goes. */
import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Address } from '../../runtime/address.ts';
import { TerminalError } from '../../runtime/errors.ts';

/** Ids have characters that not every file system, or every URL, can bear: `=` and their code. */
export function defaultFile({ kind, id }: Address, root: string): string {
  const name = id.replace(/[^A-Za-z0-9_~-]/g, (letter) => `=${letter.charCodeAt(0).toString(16)}`);
  return join(root, 'test', 'incidents', `${kind}-${name}.test.ts`);
}

/** The replayer, as an import in this file names it. */
export function replayerFrom(file: string, root: string): string {
  const path = relative(dirname(file), join(root, 'test', 'support', 'replay.ts'));
  return (path.startsWith('.') ? path : `./${path}`).split(sep).join('/');
}

/** Throws `TerminalError` if there is such a file. */
export async function checkFree(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new TerminalError(`${shownPath(file)} exists; --force overwrites it`);
}

export function shownPath(file: string): string {
  return relative(process.cwd(), file);
}

/** Whole or not at all. */
export async function write(text: Readable, file: string): Promise<void> {
  const part = join(dirname(file), `.${basename(file)}.part`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await pipeline(text, createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new TerminalError(`${shownPath(file)} cannot be written: ${error.message}`, { cause: error });
  }
}
