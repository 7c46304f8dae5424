-- claim: takes due jobs, by class, then due time, then id, under one new lease; only suspects, and one, where solo.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, lease, worker, leaseMs, solo (0|1), count of wants, then per want: queue max, count names…,
-- count classes… (in claim order).
-- Output: {"lease-used"}, or {"claimed", per job {id token queue name tenant class attempts generation parent run
-- envelope waited checkpoint|nil}}. O(wants · classes · names · log queue + jobs · names).
local lease, worker, leaseMs, solo = take(), take(), takeNumber(), take() == "1"
local wants = takeList(function()
  return { queue = take(), max = takeNumber(), names = takeList(take), classes = takeList(take) }
end)
if redis.call("ZSCORE", leasesKey, lease) then return { "lease-used" } end

local function inOrder(left, right)
  if left.rank ~= right.rank then return left.rank < right.rank end
  if left.due ~= right.due then return left.due < right.due end
  return left.id < right.id
end

local RANKS = { critical = 1, high = 2, default = 3, low = 4, bulk = 5 }
local picked = {}

-- Each name has a queue of its own, in order: no job of another name is ever stepped over.
local function candidatesOf(want, class, most)
  local found, seen = {}, {}
  for _, name in ipairs(want.names) do
    local key = queueKey(solo and "suspect" or "q", want.queue, class, name)
    local heads = seen[key] and {} or redis.call("ZRANGE", key, "-inf", now, "BYSCORE", "LIMIT", 0, most, "WITHSCORES")
    seen[key] = true
    for index = 1, #heads, 2 do
      found[#found + 1] = { id = heads[index], due = tonumber(heads[index + 1]), rank = RANKS[class], key = key }
    end
  end
  if #want.names > 1 then table.sort(found, inOrder) end
  return found
end

for _, want in ipairs(wants) do
  local left = solo and math.min(want.max, 1 - #picked) or want.max
  for _, class in ipairs(want.classes) do
    if left <= 0 then break end
    local found = candidatesOf(want, class, left)
    for index = 1, math.min(left, #found) do picked[#picked + 1] = found[index] end
    left = left - #found
  end
end
if #picked == 0 then return { "claimed" } end
if #wants > 1 then table.sort(picked, inOrder) end

local ids, taken = {}, {}
for index, pick in ipairs(picked) do
  ids[index] = pick.id
  local members = listOf(taken, pick.key)
  members[#members + 1] = pick.id
end
readJobs(ids)
local given, kept = readMany("HMGET", envelopeKey, ids), readMany("HMGET", checkpointKey, ids)

-- A double counts exactly to 2^53; a sequence past that would hand out equal tokens, so it ends there.
local last = redis.call("INCRBY", tokenKey, #ids)
if last >= 9007199254740992 then return redis.error_reply("TOKENS the token sequence is used up") end

local answer = { "claimed" }
for index, id in ipairs(ids) do
  local job = known[id]
  job.token, job.lease, job.write, job.state = string.format("%.0f", last - #ids + index), lease, 0, "running"
  move(job, "claimed", "queued", "running")
  answer[index + 1] = {
    id, job.token, job.queue, job.name, job.tenant, job.class, job.attempts, job.generation, job.parent, job.run,
    given[index], now - picked[index].due, kept[index],
  }
end

for key, members in pairs(taken) do writeMany("ZREM", key, members) end
writeMany("SADD", heldKey(lease), ids)
redis.call("ZADD", leasesKey, now + leaseMs, lease)
redis.call("HSET", leaseKey, lease, (solo and "solo " or "many ") .. worker)
flush()
return answer
