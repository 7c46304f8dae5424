-- settle: ends attempts, with whatever else their last write carries; wakes parents in the same call.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, count, then per settlement: a write as in save, then kind, detail (delayMs, fingerprint, started (0|1)
-- or wakeAt, by kind), record.
-- Output: per settlement "applied", "already-applied" or "fenced", in order.
-- O(settlements · log queue + children · log queue + items).
local settlements = takeList(function()
  local settlement = takeWrite()
  settlement.kind, settlement.detail, settlement.record = take(), take(), take()
  return settlement
end)
readAhead(settlements)

local parents, forked = {}, {}
for index, settlement in ipairs(settlements) do
  local job = known[settlement.id]
  forked[index] = settlement.id
  if job and job.parent ~= "" then parents[#parents + 1] = job.parent end
end
readJobs(parents)
readForks(forked)
readForks(parents)

local function countAttempt(job, record)
  addRecord(job, record)
  job.attempts = job.attempts + 1
end

-- Where few enough children are left already, the job goes on at once.
local function suspend(job, wakeAt)
  if (forkOf(job.id) or 0) <= wakeAt then return requeue(job, "woken", now) end
  job.state, job.wakeAt = "waiting", wakeAt
  move(job, "waiting", "running", "waiting")
end

local ENDINGS = {
  completed = function(job, settlement)
    countAttempt(job, settlement.record)
    endJob(job, "completed", "")
  end,
  dead = function(job, settlement)
    countAttempt(job, settlement.record)
    endJob(job, "dead", settlement.detail)
  end,
  retry = function(job, settlement)
    countAttempt(job, settlement.record)
    requeue(job, "retrying", now + exactly(tonumber(settlement.detail), "delay"))
  end,
  released = function(job, settlement)
    if settlement.detail == "1" then job.interruptions = job.interruptions + 1 end
    requeue(job, "released", job.due)
  end,
  suspended = function(job, settlement) suspend(job, exactly(tonumber(settlement.detail), "wakeAt")) end,
}

local answers = {}
for index, settlement in ipairs(settlements) do
  local job, answer = behindFence(settlement)
  if job then
    keep(job, settlement)
    release(job)
    job.settled, job.suspect = settlement.token, false
    ENDINGS[settlement.kind](job, settlement)
    answer = "applied"
  end
  answers[index] = answer
end
flushWrites()
return answers
