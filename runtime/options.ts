/** Every limit of the runtime has a number here. Times in ms. */
export interface RuntimeOptions {
  /** Fixed for the life of a namespace; compared with the stored one at every start. */
  readonly partitions: number;
  readonly leaseMs: number;
  /** Messages in one commit. */
  readonly batchMax: number;
  /** What one commit writes to journal and outbox, in characters; reached, it is made, and the rest comes next. */
  readonly commitMaxChars: number;
  /** Messages read ahead of the commits, per partition. */
  readonly backlogMax: number;
  /** How often the receivers' counters are read while a channel has entries. */
  readonly trimMs: number;
  /** First wait before the head of a channel, a timer or an activity's result is sent again; doubles up to 64 times. */
  readonly resendMs: number;
  /** How long answers to ids made at the edge are kept. */
  readonly madeKeepMs: number;
  /** How long answers to a client's idempotency keys are kept. */
  readonly keptKeepMs: number;
  /** Of an answer to a client's key; of what is larger only the outcome is kept. */
  readonly keptAnswerMaxChars: number;
  /** Size of a message or journal entry; the broker takes 1 MiB, and a character is at most 3 bytes. */
  readonly messageMaxChars: number;
  /** Size of an actor's state; of a large one it is looked at now and then (`measured`). */
  readonly recordMaxChars: number;
  /** Of the journal entries in one page of a history, and of the records in one page of a list. */
  readonly pageMaxChars: number;
  /** R7: at least twice the difference of the broker's clocks. */
  readonly rereadMarginMs: number;
  /** An actor that was idle this long is dropped from memory. */
  readonly passivateMs: number;
  /** Actors in memory, per partition. */
  readonly actorsMax: number;
  /** How far ahead timers are read from the store. */
  readonly timerHorizonMs: number;
  /** Timers read from the store at once, per partition. */
  readonly timersMax: number;
  /** Between two tries to take a partition, or to reach a server. */
  readonly retryMs: number;
  /** Commands that this node waits for at once; more are answered 503. */
  readonly waitingMax: number;
  /** A partition that is further behind takes no more commands; they are answered 503. */
  readonly lagMaxMs: number;
  /** Actors that fail in a row, with no success in between, and open a breaker; and how long it stays open. */
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  /** Calls of activities to one target at once, per process; the others wait. */
  readonly callsMax: number;
  /** How often the servers are asked how they are. */
  readonly healthMs: number;
  /** By how much this node's clock may differ from the mailbox's before the log and readiness say so. */
  readonly clockDiffersMaxMs: number;
}

export const defaultOptions: RuntimeOptions = {
  partitions: 8,
  leaseMs: 5_000,
  batchMax: 256,
  commitMaxChars: 4_000_000,
  backlogMax: 2_000,
  trimMs: 250,
  resendMs: 1_000,
  madeKeepMs: 600_000,
  keptKeepMs: 86_400_000,
  keptAnswerMaxChars: 4_000,
  messageMaxChars: 300_000,
  recordMaxChars: 2_000_000,
  pageMaxChars: 1_000_000,
  rereadMarginMs: 60_000,
  passivateMs: 60_000,
  actorsMax: 5_000,
  timerHorizonMs: 60_000,
  timersMax: 1_000,
  retryMs: 500,
  waitingMax: 10_000,
  lagMaxMs: 10_000,
  breakerFailures: 5,
  breakerOpenMs: 10_000,
  callsMax: 50,
  healthMs: 1_000,
  clockDiffersMaxMs: 60_000,
};
