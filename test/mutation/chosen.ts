/** Inside a test run: the mutant that the run is about, in place of the chart. */
import { inject } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { chartMutants } from './charts.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The name of a mutant; none: the chart as it is. */
    chartMutant: string;
  }
}

/** Other charts than the mutant's own stay as they are. */
export function chosen(machine: AnyStateMachine): AnyStateMachine {
  const name = inject('chartMutant');
  return (
    chartMutants(machine)
      .find((mutant) => mutant.name === name)
      ?.machine() ?? machine
  );
}
