-- holder: what save and settle share: reading a holder's write, the fence, and keeping what a write carries.
local function takeStep()
  if take() == "0" then return nil end
  return {
    run = take(),
    name = take(),
    items = takeList(take),
    counters = takeList(function() return { name = take(), by = takeNumber() } end),
  }
end

local function takeWrite()
  return {
    id = take(), token = take(), write = takeNumber(), checkpoint = takeOptional(), spawn = takeList(takeJob),
    step = takeStep(),
  }
end

-- Reads all a batch can touch in as few commands as there are kinds of it.
local function readAhead(writes)
  local ids = {}
  for _, write in ipairs(writes) do
    ids[#ids + 1] = write.id
    for _, child in ipairs(write.spawn) do ids[#ids + 1] = child.id end
  end
  readJobs(ids)
end

-- The job that exactly this token holds, or what to answer instead.
local function behindFence(write)
  local job = known[write.id]
  if not job then return nil, "fenced" end
  if job.settled == write.token then return nil, "already-applied" end
  if job.state == "running" and job.token == write.token then return job end
  return nil, "fenced"
end

-- Only children that are new count: one that exists, even in history, is somebody's already.
local function spawn(parent, children)
  local grown = 0
  for _, child in ipairs(children) do
    if not known[child.id] then
      addJob(child, parent.id)
      grown = grown + 1
    end
  end
  if grown > 0 then setFork(parent.id, (forkOf(parent.id) or 0) + grown) end
end

local ledgers = {}

-- An item is kept as "<job> <at> <its JSON>"; its JSON is read here only for the counts it stands for.
local function tell(scope, json, times)
  local item = cjson.decode(json)
  count(scope, item.state, times)
  for name, by in pairs(item.tally or {}) do count(scope, name, times * by) end
  return item.key
end

local function putItems(job, step)
  local key, scope = itemsKey(step.run, step.name), "step:" .. step.run .. ":" .. step.name
  local ledger = listOf(ledgers, key)
  for _, json in ipairs(step.items) do
    local itemKey = tell(scope, json, 1)
    local earlier = ledger[itemKey] or redis.call("HGET", key, itemKey)
    if earlier then tell(scope, string.match(earlier, "^%S+ %S+ (.*)$"), -1) end
    ledger[itemKey] = job.id .. " " .. string.format("%.17g", now) .. " " .. json
  end
  for _, counter in ipairs(step.counters) do count(scope, counter.name, counter.by) end
end

local function keep(job, write)
  touch(job)
  job.write = write.write
  if write.checkpoint then
    checkpoints[#checkpoints + 1], checkpoints[#checkpoints + 2] = job.id, write.checkpoint
  end
  if #write.spawn > 0 then spawn(job, write.spawn) end
  if write.step then putItems(job, write.step) end
end

local function flushWrites()
  flush()
  for key, ledger in pairs(ledgers) do
    for itemKey, text in pairs(ledger) do redis.call("HSET", key, itemKey, text) end
  end
end
