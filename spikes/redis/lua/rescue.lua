-- rescue: takes jobs back from leases past their deadline, earliest first.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, the most leases to take.
-- Output: {ready, crashed, 1 where leases past their deadline are left}. O(leases · log leases + jobs · log queue).
local limit = takeNumber()
local over = redis.call("ZRANGE", leasesKey, "-inf", now, "BYSCORE", "LIMIT", 0, limit)
local ready, crashed = 0, 0

-- A crash proves something about a job only when it was held alone.
local function takeBack(job, solo)
  release(job)
  job.rescues = job.rescues + 1
  if solo then job.soloRescues = job.soloRescues + 1 end
  if solo and job.soloRescues > job.maxRescues then
    addRecord(job, '{"kind":"crashed"}')
    endJob(job, "dead", "crashed")
    crashed = crashed + 1
  else
    job.suspect = true
    requeue(job, "rescued", job.due)
    ready = ready + 1
  end
end

for _, lease in ipairs(over) do
  local solo = string.sub(redis.call("HGET", leaseKey, lease), 1, 4) == "solo"
  local ids = redis.call("SMEMBERS", heldKey(lease))
  readJobs(ids)
  for _, id in ipairs(ids) do takeBack(known[id], solo) end
end
if #over > 0 then
  writeMany("ZREM", leasesKey, over)
  writeMany("HDEL", leaseKey, over)
end
flush()
local more = redis.call("ZCOUNT", leasesKey, "-inf", now) > 0
return { ready, crashed, more and 1 or 0 }
