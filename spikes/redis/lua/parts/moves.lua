-- moves: the ways of a job out of `running` and `waiting`.
local function release(job)
  local ids = listOf(released, job.lease)
  ids[#ids + 1] = job.id
  job.token, job.lease = "", ""
end

local function requeue(job, kind, due)
  local from = job.state
  job.state, job.due = "queued", due
  move(job, kind, from, "queued")
end

-- "%.17g": Lua writes numbers of 15 and more digits as 1e+15.
local function addRecord(job, record)
  local line = string.format("%.17g", now) .. " " .. record
  local earlier = job.attempts > 0 and redis.call("HGET", recordsKey, job.id)
  records[#records + 1], records[#records + 2] = job.id, earlier and earlier .. "\n" .. line or line
end

-- Moves a running job to history, gives up its fork, tells its parent's, and wakes that parent where few are left.
local function endJob(job, state, fingerprint)
  job.state, job.finished, job.fingerprint = state, now, fingerprint
  move(job, state, "running", state)
  if forkOf(job.id) then setFork(job.id, false) end
  if job.parent == "" then return end
  local pending = forkOf(job.parent)
  if not pending then return end
  setFork(job.parent, pending - 1)
  local parent = jobOf(job.parent)
  if parent and parent.state == "waiting" and pending - 1 <= parent.wakeAt then requeue(parent, "woken", now) end
end
