/**
 * Names of the Redis keys. All of a partition share a hash tag, so that a commit is one script in one
 * slot, as Redis Cluster asks (our client speaks to one server, so far); what is of no partition has a tag of
 * its own. Nothing ever scans the key space.
 */
export interface PartitionKeys {
  /** Hash: token, deadline, commits, highWater, sequence, time, id, indexed, and chart.{kind} → version. */
  readonly meta: string;
  /** Hash: actor's key → record. */
  readonly records: string;
  /** Sorted set: token by deadline, and hash: token → the timer. */
  readonly timers: string;
  readonly timerData: string;
  /** Hash: token → activity. */
  readonly activities: string;
  /** Hashes: partition → number. */
  readonly sent: string;
  readonly received: string;
  /** Sorted set in lexical order of channel, number, body. */
  readonly outbox: string;
  /** Hash: channel:number → message. */
  readonly held: string;
  /** Hash: commit number → publications. */
  readonly publications: string;
  /** Hash: id → answer, and sorted set: id by mailbox time. */
  readonly kept: string;
  readonly keptTimes: string;
  /** The same for made ids that do not tell when they were made. */
  readonly loose: string;
  readonly looseTimes: string;
  /** Followed by a bucket's number: hash, id → answer. */
  readonly made: string;
  /** Sorted set: bucket by the latest mailbox time in it. */
  readonly buckets: string;
  /** Followed by a kind, or by kind:term. Sorted sets: actor's key by creation time. */
  readonly index: string;
}

export interface Keys {
  readonly settings: string;
  /** Sorted set: node by the time up to which it lives, ms. */
  readonly nodes: string;
  of(partition: number): PartitionKeys;
}

export function createKeys(namespace: string): Keys {
  const known: PartitionKeys[] = [];
  return {
    settings: `{${namespace}}:settings`,
    nodes: `{${namespace}}:nodes`,
    of: (partition) => (known[partition] ??= keysOf(`{${namespace}:${partition}}`)),
  };
}

function keysOf(tag: string): PartitionKeys {
  return {
    meta: `${tag}:meta`,
    records: `${tag}:records`,
    timers: `${tag}:timers`,
    timerData: `${tag}:timerData`,
    activities: `${tag}:activities`,
    sent: `${tag}:sent`,
    received: `${tag}:received`,
    outbox: `${tag}:outbox`,
    held: `${tag}:held`,
    publications: `${tag}:publications`,
    kept: `${tag}:kept`,
    keptTimes: `${tag}:keptTimes`,
    loose: `${tag}:loose`,
    looseTimes: `${tag}:looseTimes`,
    made: `${tag}:made:`,
    buckets: `${tag}:buckets`,
    index: `${tag}:index:`,
  };
}
