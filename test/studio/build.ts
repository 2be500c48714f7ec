/** Vitest global set-up: the page is built anew, once for all files, so that no test looks at an older one. */
import { buildStudio } from './browser.ts';

export function setup(): void {
  buildStudio();
}
