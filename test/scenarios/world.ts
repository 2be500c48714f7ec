/** What a scenario runs against: Waybill over HTTP, wherever it runs, and a way to wait. */

/** As somebody who may do everything. */
export interface World {
  send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Resolves to the first value that is not undefined; rejects when the time is up. */
  until<Value>(look: () => Promise<Value | undefined>, what: () => string): Promise<Value>;
  /** Where the clock can be moved, so many ms go by; elsewhere durations are short, and nothing is waited for. */
  pass(ms: number): Promise<void>;
  /** The process is killed now and then: calls to the outside may be made more than once. */
  readonly isKilled: boolean;
}
