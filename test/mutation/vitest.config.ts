/** The tests that judge mutants: those of the pure core and the charts, which need no servers. */
import { defineConfig } from 'vitest/config';

const config = defineConfig({
  test: {
    include: [
      'test/machines/**/*.test.ts',
      'test/runtime/{address,answer,chart,check,definition,determinism,draft,effects,entry,fold,incoming,json,message}*.test.ts',
      'test/runtime/{reading,record,registry,turn,view,xstate}*.test.ts',
      'test/http/charts.test.ts',
    ],
    maxWorkers: 1,
    // Every run has a new worker, so one for all of its files is enough.
    isolate: false,
    testTimeout: 60_000,
    // One seed of each random test is enough to judge a mutant; all of them belong to `npm test`.
    env: { SEED: '1' },
  },
});

export { config as default };
