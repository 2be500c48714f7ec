/** The lines of a file, read piece by piece: whatever its size, no more than one line is held. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

export interface Line {
  /** The file's first is 1. */
  readonly line: number;
  /** How many bytes of the file end with it, its newline included. */
  readonly end: number;
  /** Without its newline; undefined where it cannot be taken, and `problem` says why. */
  readonly text: string | undefined;
  readonly problem: 'too-large' | 'not-utf8' | undefined;
}

/** The most that a server can be set to take in one request, bytes. */
export const lineMaxBytes = 16_777_216;

const newline = 0x0a;

/** Ends lines at LF or CRLF, the last one with or without; leaves out a byte order mark. */
export async function* readLines(file: string, maxBytes = lineMaxBytes): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let size = 0;
  let line = 0;
  let end = 0;

  function add(part: Buffer): void {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else parts = [];
  }

  function take(): Line {
    line += 1;
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    const isTooLarge = size > maxBytes;
    parts = [];
    size = 0;
    if (isTooLarge) return { line, end, text: undefined, problem: 'too-large' };
    // Repaired, a changed character would be stored without anybody's notice.
    if (!isUtf8(bytes)) return { line, end, text: undefined, problem: 'not-utf8' };
    return { line, end, text: plain(bytes.toString(), line), problem: undefined };
  }

  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
      add(bytes.subarray(from, at));
      end += at + 1 - from;
      from = at + 1;
      yield take();
    }
    add(bytes.subarray(from));
    end += bytes.length - from;
  }
  if (size > 0) yield take();
}

function plain(text: string, line: number): string {
  const whole = line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
  return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
}

/** Why a line that is not taken is not. */
export function problemOf({ problem }: Line): { type: string; reason: string } {
  return problem === 'too-large'
    ? { type: '/problems/too-large', reason: `the line has more than ${lineMaxBytes} bytes` }
    : { type: '/problems/malformed', reason: 'the line is not UTF-8' };
}
