/** Takes a rule out of the source as it is loaded: to show that the simulator sees that it is gone. */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Rule } from './rules.ts';

/** For all modules that are imported after this. Throws when one is loaded that the rule's change does not fit. */
export function takeOut({ name, file, changes }: Rule): void {
  const target = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || fileURLToPath(url) !== target) return loaded;
      let source = textOf(loaded.source);
      for (const [replace, by] of changes) {
        const parts = source.split(replace);
        if (parts.length !== 2)
          throw new Error(`${name}: found ${parts.length - 1} times in ${file}, not once: ${replace}`);
        source = parts.join(by);
      }
      return { ...loaded, source };
    },
  });
}

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
}
