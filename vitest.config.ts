import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const studio = 'test/studio/**/*.test.ts';

/** Vitest begins with the largest files until it knows which take long: these take long, and are small. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => turnOf(a) - turnOf(b));
  }
}

function turnOf({ moduleId, project }: TestSpecification): number {
  if (project.name === 'studio') return 0;
  return /\/test\/(?:scenarios|chaos|model)\//.test(moduleId) ? 1 : 2;
}

// Tests start the program some hundred times: it is stripped of its types and compiled once. Children inherit it.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more than cores: files wait for servers and browsers.
    maxWorkers: 3,
    // Files share nothing that they could leave behind; to load everything anew for each takes longer than most of them.
    isolate: false,
    // As the program is started: most of what is made lives for a turn.
    execArgv: ['--max-semi-space-size=32', '--min-semi-space-size=32'],
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'waybill',
          include: ['test/**/*.test.ts'],
          exclude: [studio],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      // They need the page, built once for all of them, and no servers.
      { extends: true, test: { name: 'studio', include: [studio], globalSetup: ['test/studio/build.ts'] } },
    ],
  },
});
