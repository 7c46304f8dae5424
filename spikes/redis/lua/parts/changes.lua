-- changes: what a call has decided, kept in tables until `flush` writes it. Scripts are not undone when they fail, so
-- everything is read and decided first, and the writes at the end are ones that cannot fail.
local touched, order = {}, {}
local envelopes, checkpoints, records, newIds = {}, {}, {}, {}
local forks, changedForks = {}, {}
local released, moved, deltas = {}, {}, {}

-- In the order in which one call may move one job.
local KINDS = {
  "enqueued", "claimed", "rescued", "retrying", "released", "waiting", "completed", "dead", "woken",
}

local function touch(job)
  if not touched[job.id] then
    touched[job.id] = true
    order[#order + 1] = job
  end
end

local function count(scope, name, by)
  if by % 1 ~= 0 then error("INEXACT " .. name .. " is not a whole number") end
  exactly(by, name)
  local names = listOf(deltas, scope)
  names[name] = (names[name] or 0) + by
end

-- Notes a job's move between two of the queue's counters, as one event.
local function move(job, kind, from, to)
  touch(job)
  local ids = listOf(moved, kind)
  ids[#ids + 1] = job.id
  local scope = queueScope(job)
  if from then count(scope, from, -1) end
  count(scope, to, 1)
end

local function readForks(parents)
  for index, text in ipairs(readMany("HMGET", forkKey, parents)) do
    forks[parents[index]] = text and tonumber(text)
  end
end

-- Children not ended yet; `false` for a job without a fork.
local function forkOf(parent)
  if forks[parent] == nil then readForks({ parent }) end
  return forks[parent]
end

local function setFork(parent, pending)
  forks[parent] = pending
  changedForks[parent] = true
end

local function takeJob()
  return {
    id = take(), queue = take(), name = take(), tenant = take(), class = take(), due = now + takeNumber(),
    maxRescues = takeNumber(), run = take(), envelope = take(),
  }
end

local function addJob(new, parent)
  local job = {
    id = new.id, queue = new.queue, name = new.name, tenant = new.tenant, class = new.class, state = "queued",
    generation = 1, created = now, due = new.due, attempts = 0, interruptions = 0, rescues = 0, soloRescues = 0,
    maxRescues = new.maxRescues, suspect = false, parent = parent, run = new.run, settled = "", token = "", lease = "",
    write = 0, wakeAt = 0, finished = 0, fingerprint = "",
  }
  known[job.id] = job
  newIds[#newIds + 1], newIds[#newIds + 2] = 0, job.id
  envelopes[#envelopes + 1], envelopes[#envelopes + 2] = job.id, new.envelope
  move(job, "enqueued", nil, "queued")
end

local function flushJobs()
  local live, ended, gone, queued = {}, {}, {}, {}
  for _, job in ipairs(order) do
    local list = isEnded(job) and ended or live
    list[#list + 1], list[#list + 2] = job.id, pack(job)
    if isEnded(job) then gone[#gone + 1] = job.id end
    if job.state == "queued" then
      local members = listOf(queued, queueKey(job.suspect and "suspect" or "q", job.queue, job.class, job.name))
      members[#members + 1], members[#members + 2] = job.due, job.id
    end
  end
  writeMany("HSET", jobKey, live)
  writeMany("HSET", endedKey, ended)
  writeMany("HDEL", jobKey, gone)
  for key, members in pairs(queued) do writeMany("ZADD", key, members) end
end

local function flush()
  flushJobs()
  writeMany("ZADD", idsKey, newIds)
  writeMany("HSET", envelopeKey, envelopes)
  writeMany("HSET", checkpointKey, checkpoints)
  writeMany("HSET", recordsKey, records)
  for parent in pairs(changedForks) do
    if forks[parent] then redis.call("HSET", forkKey, parent, forks[parent]) else redis.call("HDEL", forkKey, parent) end
  end
  for lease, ids in pairs(released) do writeMany("SREM", heldKey(lease), ids) end
  for scope, names in pairs(deltas) do
    for name, by in pairs(names) do
      if by ~= 0 then redis.call("HINCRBY", statsKey(scope), name, by) end
    end
  end
  for _, kind in ipairs(KINDS) do
    if moved[kind] then
      local row = redis.call("INCR", rowKey) .. "-0" -- numbers of our own: those of Redis's clock are no positions
      redis.call("XADD", eventsKey, row, "kind", kind, "at", now, "ids", table.concat(moved[kind], ","))
    end
  end
end
