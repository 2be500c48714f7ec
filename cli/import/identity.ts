/** What makes an import the same one at a second start. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ImportRequest } from './request.ts';

/** More lines may be added to the file meanwhile, so its size is no part of it. */
const beginningBytes = 4_096;

/** The beginning of the file, where it goes, and where refusals are told. */
export async function identityOf({ file, url, kind, report }: ImportRequest): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([url, kind, report]));
  for await (const chunk of createReadStream(file, { end: beginningBytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('base64url');
}
