/**
 * The Lua scripts. Each touches the keys of one partition, or of none. Numbers stay text wherever they are only
 * compared or stored; the server's clock is the only clock.
 *
 * Redis does not roll a script back, so whatever can refuse a write (memory, a replica, a full disk) must
 * refuse the first one: each script of a partition that writes begins with a plain write of its own hash.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

const clock = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`;

/** KEYS: nodes. ARGV: node, milliseconds. How many live. */
export const attend = script(`${clock}
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return redis.call('ZCARD', KEYS[1])
`);

/** KEYS: meta. ARGV: token, milliseconds. 0: acquired; else how long the present lease still runs. */
export const acquire = script(`${clock}
local deadline = redis.call('HGET', KEYS[1], 'deadline')
if deadline and now < tonumber(deadline) then return deadline - now end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'deadline', string.format('%.0f', now + ARGV[2]))
return 0
`);

/** R2, R8: the lease is ours, the commit number is the one we know, and the deadline has not passed. */
const fence = `${clock}
local lease = redis.call('HMGET', KEYS[1], 'token', 'deadline', 'commits')
if lease[1] ~= ARGV[1] or (lease[3] or '0') ~= ARGV[2] or now >= tonumber(lease[2]) then return 0 end
`;

/** KEYS: meta. ARGV: token, commits, milliseconds. 0: fenced. */
export const renew = script(`${fence}
redis.call('HSET', KEYS[1], 'deadline', string.format('%.0f', now + ARGV[3]))
return 1
`);

/** KEYS: meta. ARGV: token. */
export const release = script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'token', 'deadline')
return 1
`);

/** KEYS: meta. ARGV: token, commits, then commands, each behind the number of its words. 0: fenced. */
export const commit = script(`${fence}
local at, last = 3, #ARGV
while at < last do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
return 1
`);

/**
 * KEYS: keptTimes, kept, looseTimes, loose, buckets. ARGV: kept before, made before, beginning of the buckets'
 * keys. Takes a bounded share, so that it does not stop the server for long; 1: there may be more.
 */
export const forget = script(`
local more = 0
local function share(times, before, size)
  local old = redis.call('ZRANGEBYSCORE', times, '-inf', '(' .. before, 'LIMIT', 0, size)
  if #old == size then more = 1 end
  if #old > 0 then redis.call('ZREM', times, unpack(old)) end
  return old
end
local kept = share(KEYS[1], ARGV[1], 500)
if #kept > 0 then redis.call('HDEL', KEYS[2], unpack(kept)) end
local loose = share(KEYS[3], ARGV[2], 500)
if #loose > 0 then redis.call('HDEL', KEYS[4], unpack(loose)) end
for _, bucket in ipairs(share(KEYS[5], ARGV[2], 10)) do redis.call('UNLINK', ARGV[3] .. bucket) end
return more
`);

/** KEYS: meta, sent, received, outbox, held, activities, publications. ARGV: token. 0: not ours. */
export const load = script(`${clock}
local lease = redis.call('HMGET', KEYS[1], 'token', 'deadline')
if lease[1] ~= ARGV[1] or now >= tonumber(lease[2]) then return 0 end
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
  redis.call('ZRANGE', KEYS[4], 0, -1),
  redis.call('HGETALL', KEYS[5]),
  redis.call('HGETALL', KEYS[6]),
  redis.call('HGETALL', KEYS[7]),
}
`);

/** KEYS: timers, timerData. ARGV: before, limit. Token and data of each. */
export const due = script(`
local found = {}
for _, token in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  found[#found + 1] = token
  found[#found + 1] = redis.call('HGET', KEYS[2], token)
end
return found
`);

/**
 * KEYS: indexes. ARGV: limit, how many to look at, and optionally the creation time and key to go on behind.
 * Newest first, among equals the greatest key first. The smallest index leads, the others are asked for each
 * of its entries. Answers what carries all terms, and the last entry looked at unless that was the end.
 *
 * Where to go on is searched by rank: the entry itself may have left the index or be another partition's.
 * Keys are compared byte by byte, as Redis orders them: Lua's own comparison depends on the server's locale.
 */
export const list = script(`
local function isBelow(a, b)
  for at = 1, math.min(#a, #b) do
    local x, y = a:byte(at), b:byte(at)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local leading, size = 1, nil
for at = 1, #KEYS do
  local count = redis.call('ZCARD', KEYS[at])
  if not size or count < size then leading, size = at, count end
end
local index = KEYS[leading]
local rank = 0
if ARGV[3] then
  rank = redis.call('ZCOUNT', index, '(' .. ARGV[3], '+inf')
  local high = rank + redis.call('ZCOUNT', index, ARGV[3], ARGV[3])
  while rank < high do
    local middle = math.floor((rank + high) / 2)
    if isBelow(redis.call('ZREVRANGE', index, middle, middle)[1], ARGV[4]) then high = middle
    else rank = middle + 1 end
  end
end
local function carriesAll(key)
  for at = 1, #KEYS do
    if at ~= leading and not redis.call('ZSCORE', KEYS[at], key) then return false end
  end
  return true
end
local limit, found = tonumber(ARGV[1]), {}
local looked = redis.call('ZREVRANGE', index, rank, rank + ARGV[2] - 1, 'WITHSCORES')
for at = 1, #looked, 2 do
  if carriesAll(looked[at]) then
    found[#found + 1] = looked[at]
    found[#found + 1] = looked[at + 1]
    if #found == 2 * limit then return { found } end
  end
end
if #looked < 2 * ARGV[2] then return { found } end
return { found, looked[#looked - 1], looked[#looked] }
`);
