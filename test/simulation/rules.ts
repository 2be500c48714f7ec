/**
 * What DESIGN.md's rules R2–R11 ask for, each with the change to the source that takes it away. The simulator
 * has to find each within `seeds` seeds; a change that no longer fits the source is an error.
 */
export interface Rule {
  readonly name: string;
  readonly rule: string;
  /** What is done without it. */
  readonly without: string;
  readonly seeds: number;
  /** Where a test that has no time begins, if not at the first: no seed before it has shown it. */
  readonly from?: number;
  /** More seeds than a test has time for: `npm run proof` misses it. */
  readonly isSlow?: true;
  /** From the project's root. */
  readonly file: string;
  /** What stands there once, and what is put in its place. */
  readonly changes: readonly (readonly [replace: string, by: string])[];
}

export const rules: readonly Rule[] = [
  {
    name: 'lease-token',
    rule: 'R2',
    without: 'a commit under another lease is taken',
    seeds: 200,
    from: 6,
    file: 'persistence/memory/store.ts',
    changes: [
      [
        'found.lease?.token !== lease.token || found.lease.deadline',
        'found.lease === undefined || found.lease.deadline',
      ],
    ],
  },
  {
    name: 'commit-number',
    rule: 'R2',
    without: 'a commit on a state that the owner does not know is taken',
    seeds: 200,
    from: 10,
    file: 'persistence/memory/store.ts',
    changes: [['commits !== undefined && commits !== found.commits', 'false']],
  },
  {
    name: 'lease-deadline',
    rule: 'R2',
    without: 'a commit after the end of its lease is taken',
    seeds: 200,
    from: 3,
    file: 'persistence/memory/store.ts',
    changes: [['|| found.lease.deadline <= clock.now() ||', '||']],
  },
  {
    name: 'channel-numbers',
    rule: 'R3',
    without: 'a message whose number was counted is taken again',
    seeds: 200,
    from: 3,
    file: 'runtime/core/fold.ts',
    changes: [['if (number <= last) {', 'if (false) {']],
  },
  {
    name: 'hold-back',
    rule: 'R3',
    without: 'a message is taken before those that were sent before it',
    seeds: 200,
    from: 4,
    file: 'runtime/core/fold.ts',
    changes: [['if (number > last + 1) {', 'if (false) {']],
  },
  {
    name: 'release-at-once',
    rule: 'R3',
    without: 'what was held back waits for the end of the batch',
    seeds: 1_000,
    from: 22,
    file: 'runtime/core/fold.ts',
    changes: [
      [
        '  draft.received.set(channel, number);\n  releaseHeld(folding, channel, number + 1);',
        '  draft.received.set(channel, number);',
      ],
      [
        '    take(folding, incoming);\n  }',
        '    take(folding, incoming);\n  }\n  for (const [channel, number] of [...draft.received]) releaseHeld(folding, channel, number + 1);',
      ],
    ],
  },
  {
    name: 'outbox-kept',
    rule: 'R4',
    without: 'a message is forgotten when the broker acknowledges it',
    seeds: 500,
    from: 4,
    file: 'runtime/loop/outbox.ts',
    changes: [
      [
        'mailbox.append({ to, partition: channel, id, dedupe: true, body }).catch(() => (sending.failed = true));',
        'mailbox.append({ to, partition: channel, id, dedupe: true, body }).then(() => received.set(channel, Math.max(received.get(channel) ?? 0, sending.entry.number)), () => (sending.failed = true));',
      ],
    ],
  },
  {
    name: 'sent-again',
    rule: 'R4',
    without: 'a message is sent once',
    seeds: 200,
    from: 55,
    file: 'runtime/loop/outbox.ts',
    changes: [['        channel.filter((sending) => sending.failed).forEach(publish);', '        continue;']],
  },
  {
    name: 'sent-at-takeover',
    rule: 'R12',
    without: 'a new owner does not send what the last one had not',
    seeds: 200,
    file: 'runtime/loop/session.ts',
    changes: [['    this.#outbox.add(state.outbox.map(outboxEntry));', '']],
  },
  {
    name: 'ids-from-version',
    rule: 'R5',
    without: 'ids come from the mailbox sequence',
    seeds: 1_000,
    from: 10,
    file: 'runtime/core/turn.ts',
    changes: [
      [
        'const asked = interpret(actions, { ...input, version, trace: traceOf(input) });',
        'const asked = interpret(actions, { ...input, version: input.sequence, trace: traceOf(input) });',
      ],
    ],
  },
  {
    name: 'scoped-answers',
    rule: 'R6',
    without: "one client's key is another's",
    seeds: 200,
    file: 'runtime/caller.ts',
    changes: [
      [
        'const scope = `${encodeURIComponent(principal.subject)}|${keyOf(to)}`;',
        'const scope = `|${keyOf(to)}`;',
      ],
    ],
  },
  {
    name: 'kept-answers',
    rule: 'R6',
    without: 'answers are not kept',
    seeds: 200,
    file: 'runtime/core/fold.ts',
    changes: [['  keepAnswer(draft, message, { time, body: keptText(folding, message, answer) });', '']],
  },
  {
    name: 'kept-refusals',
    rule: 'R6',
    without: 'only what was accepted is kept',
    seeds: 200,
    file: 'runtime/core/fold.ts',
    changes: [
      [
        '  keepAnswer(draft, message, { time, body: keptText(folding, message, answer) });',
        "  if (answer.head.outcome === 'accepted') keepAnswer(draft, message, { time, body: keptText(folding, message, answer) });",
      ],
    ],
  },
  {
    name: 'mailbox-time',
    rule: 'R6',
    without: "answers are forgotten by the owner's clock",
    seeds: 1_000,
    file: 'runtime/loop/session.ts',
    changes: [
      [
        'const house = this.#housekeeping(draft.highWater);',
        'const house = this.#housekeeping(clock.now());',
      ],
    ],
  },
  {
    name: 'position',
    rule: 'R7',
    without: 'a position is its sequence alone',
    seeds: 1_000,
    from: 11,
    file: 'runtime/loop/position.ts',
    changes: [
      ['if (found?.time === time && found.id === id)', 'if (found !== undefined || (time < 0 && id === ""))'],
    ],
  },
  {
    name: 'position-id',
    rule: 'R7',
    without: 'a position is its sequence and its time',
    seeds: 1_000,
    isSlow: true,
    file: 'runtime/loop/position.ts',
    changes: [['if (found?.time === time && found.id === id)', "if (found?.time === time || id === '')"]],
  },
  {
    name: 'renewal-compares',
    rule: 'R8',
    without: 'an idle owner does not see that the store has fallen back',
    seeds: 1_000,
    from: 28,
    file: 'persistence/memory/store.ts',
    changes: [['owned(lease, commits).lease = {', 'owned(lease).lease = {']],
  },
  {
    name: 'timer-token',
    rule: 'R9',
    without: 'a timer is known by its name',
    seeds: 500,
    from: 6,
    file: 'runtime/core/turn.ts',
    changes: [
      [
        "message.from !== 'timer' || record === undefined || pending?.token !== message.token",
        "message.from !== 'timer' || record === undefined || pending === undefined",
      ],
    ],
  },
  {
    name: 'timer-again',
    rule: 'R9',
    without: 'a due timer is sent once',
    seeds: 200,
    file: 'runtime/loop/timers.ts',
    changes: [
      ['waiting.next = now + given.resendMs * 2 ** Math.min(waiting.tries, 6);', 'waiting.next = Infinity;'],
    ],
  },
  {
    name: 'timer-early',
    rule: 'R9',
    without: 'a timer is taken whenever it comes',
    seeds: 200,
    file: 'runtime/core/turn.ts',
    changes: [["if (time < pending.at) return drop(input, 'early');", '']],
  },
  {
    name: 'activity-token',
    rule: 'R10',
    without: 'a result is known by the name of its activity',
    seeds: 500,
    from: 15,
    file: 'runtime/core/turn.ts',
    changes: [
      [
        "message.from !== 'activity' || record === undefined || running?.token !== message.token",
        "message.from !== 'activity' || record === undefined || running === undefined",
      ],
    ],
  },
  {
    name: 'activity-at-takeover',
    rule: 'R10',
    without: 'a new owner does not run what is pending',
    seeds: 200,
    from: 5,
    file: 'runtime/loop/session.ts',
    changes: [['    this.#activities.start(state.activities, true);', '']],
  },
  {
    name: 'result-again',
    rule: 'R10',
    without: 'the result of an activity is sent once',
    seeds: 500,
    from: 183,
    file: 'runtime/loop/activities.ts',
    changes: [['    await pause(clock, resendMs * 2 ** Math.min(tries, 6), signal);', '    return;']],
  },
  {
    name: 'counter-at-dead-letter',
    rule: 'R11',
    without: 'a channel stands still behind a dead letter',
    seeds: 200,
    file: 'runtime/core/fold.ts',
    changes: [
      [
        '  handle(folding, incoming);\n  draft.received.set(channel, number);',
        "  const parked = draft.publications.length;\n  handle(folding, incoming);\n  if (draft.publications.slice(parked).some(({ log }) => log === 'dead')) return;\n  draft.received.set(channel, number);",
      ],
    ],
  },
  {
    name: 'publications-kept',
    rule: 'R11',
    without: 'journal entries and dead letters are published, and not kept until they have arrived',
    seeds: 200,
    from: 3,
    file: 'runtime/loop/publications.ts',
    changes: [['() => waiting.failed.add(entry),', '() => (waiting.missing -= 1),']],
  },
];
