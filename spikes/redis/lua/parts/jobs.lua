-- jobs: the small, changing part of a job, packed; its texts (envelope, checkpoint, records) have hashes of their own,
-- so that no move of a job copies them. Absent texts are "".
local function pack(job)
  return cmsgpack.pack({
    job.queue, job.name, job.tenant, job.class, job.state, job.generation, job.created, job.due, job.attempts,
    job.interruptions, job.rescues, job.soloRescues, job.maxRescues, job.suspect, job.parent, job.run, job.settled,
    job.token, job.lease, job.write, job.wakeAt, job.finished, job.fingerprint,
  })
end

local function unpackJob(id, text)
  local f = cmsgpack.unpack(text)
  return {
    id = id, queue = f[1], name = f[2], tenant = f[3], class = f[4], state = f[5], generation = f[6], created = f[7],
    due = f[8], attempts = f[9], interruptions = f[10], rescues = f[11], soloRescues = f[12], maxRescues = f[13],
    suspect = f[14], parent = f[15], run = f[16], settled = f[17], token = f[18], lease = f[19], write = f[20],
    wakeAt = f[21], finished = f[22], fingerprint = f[23],
  }
end

local function isEnded(job) return job.finished > 0 end

-- Jobs this call has read, by id; `false` where there is none. An ended one only where no live one is.
local known = {}

-- Reads those of these jobs that were not read yet, live or ended.
local function readJobs(ids)
  local missing = {}
  for _, id in ipairs(ids) do
    if known[id] == nil then
      known[id] = false
      missing[#missing + 1] = id
    end
  end
  for _, key in ipairs({ jobKey, endedKey }) do
    local left = {}
    for index, text in ipairs(readMany("HMGET", key, missing)) do
      local id = missing[index]
      if text then known[id] = unpackJob(id, text) else left[#left + 1] = id end
    end
    missing = left
  end
end

local function jobOf(id)
  if known[id] == nil then readJobs({ id }) end
  return known[id]
end
