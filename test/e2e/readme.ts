/** The README's sixty seconds, as data: what is typed, and what it says comes of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Command {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** As it is typed; `$number` stands for the tracking number. */
  readonly body: string;
}

export interface Block {
  readonly commands: readonly Command[];
  /** Parts of what is answered, without versions; empty where the README shows nothing. */
  readonly shown: readonly string[];
}

export function readmeBlocks(): Block[] {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const found = [...text.matchAll(/```sh\n(.*?)```\n(?:```\n(.*?)```)?/gs)];
  return found
    .map(([, typed = '', shown = '']) => ({ commands: commandsIn(typed), shown: partsOf(shown) }))
    .filter(({ commands }) => commands.length > 0);
}

function commandsIn(typed: string): Command[] {
  // A command ends where the next line begins with another one.
  const lines = typed
    .replaceAll("'$number'", '$number')
    .matchAll(/^(post|get) +'?([^'\s]+)'?(?: '([^']*)')?$/gm);
  return [...lines].map(([, verb, path = '', body = '{}']) => ({
    method: verb === 'get' ? 'GET' : 'POST',
    path,
    body,
  }));
}

function partsOf(shown: string): string[] {
  const parts = withoutVersions(shown.replaceAll('\n ', '').replaceAll(/, …\n?/g, '…'))
    .split(/…|\n/)
    .map((part) => part.trim().replace(/,$/, ''));
  return parts.filter((part) => part !== '');
}

export function withoutVersions(text: string): string {
  return text.replaceAll(/"version":\d+/g, '"version":0');
}
