/**
 * One file holds everything. Tables of small rows are WITHOUT ROWID, clustered by what they are read by; those
 * with large bodies keep their rowid, because SQLite stores large rows badly in index trees.
 */
export const schemaVersion = 3;

const shared = `
  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- place = partition * 2^40 + sequence: a partition's messages stand together, without a second index.
  CREATE TABLE mailbox (
    place INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    dedupe INTEGER NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    time INTEGER NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_of_actor ON journal (actor);

  CREATE TABLE dead (
    sequence INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    time INTEGER NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_of_actor ON dead (actor);
`;

const actors = `
  CREATE TABLE records (
    key TEXT NOT NULL,
    partition INTEGER NOT NULL,
    kind TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key, partition)
  ) STRICT;
  CREATE INDEX records_by_age ON records (kind, createdAt, key);

  CREATE TABLE terms (
    kind TEXT NOT NULL,
    term TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (kind, term, createdAt, key)
  ) STRICT, WITHOUT ROWID;
`;

export const answersTable = `
  -- madeAt: what a made id says, else 0.
  CREATE TABLE answers (
    partition INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    madeAt INTEGER NOT NULL,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, kept, madeAt, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_age ON answers (partition, kept, time) WHERE madeAt = 0;
`;

const partitions = `
  CREATE TABLE partitions (
    partition INTEGER PRIMARY KEY,
    token TEXT,
    deadline INTEGER NOT NULL,
    commits INTEGER NOT NULL DEFAULT 0,
    highWater INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER,
    time INTEGER,
    id TEXT,
    indexed TEXT,
    madeBefore INTEGER NOT NULL DEFAULT 0,
    keptBefore INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE charts (
    partition INTEGER NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (partition, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE timers (
    partition INTEGER NOT NULL,
    token TEXT NOT NULL,
    key TEXT NOT NULL,
    timer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (partition, token)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX timers_due ON timers (partition, at);

  CREATE TABLE activities (
    partition INTEGER NOT NULL,
    token TEXT NOT NULL,
    key TEXT NOT NULL,
    activity TEXT NOT NULL,
    source TEXT NOT NULL,
    input TEXT NOT NULL,
    startedAt INTEGER NOT NULL,
    PRIMARY KEY (partition, token)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sent (
    partition INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (partition, channel)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE received (
    partition INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (partition, channel)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    partition INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, channel, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE held (
    partition INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, channel, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE publications (
    partition INTEGER NOT NULL,
    number INTEGER NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (partition, number)
  ) STRICT, WITHOUT ROWID;
`;

export const schema = shared + actors + answersTable + partitions;
