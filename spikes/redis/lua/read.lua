-- read: jobs as listings show them.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, count, ids….
-- Output: per id nil, or {id queue name tenant class state generation attempts interruptions rescues parent run created
-- due finished fingerprint envelope checkpoint|nil records|nil}; numbers as text, for Redis cuts fractions off. O(ids).
local ids = takeList(take)
readJobs(ids)
local envelopes, checkpoints = readMany("HMGET", envelopeKey, ids), readMany("HMGET", checkpointKey, ids)
local records = readMany("HMGET", recordsKey, ids)

local function stateOf(job)
  if job.state ~= "queued" then return job.state end
  if job.due <= now then return "ready" end
  return job.attempts > 0 and "retrying" or "scheduled"
end

local function exact(number) return string.format("%.17g", number) end

local rows = {}
for index, id in ipairs(ids) do
  local job = known[id]
  rows[index] = job and {
    id, job.queue, job.name, job.tenant, job.class, stateOf(job), exact(job.generation), exact(job.attempts),
    exact(job.interruptions), exact(job.rescues), job.parent, job.run, exact(job.created), exact(job.due),
    exact(job.finished), job.fingerprint, envelopes[index], checkpoints[index], records[index],
  }
end
return rows
