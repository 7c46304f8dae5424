-- keys: names the fixed keys of a namespace, in the order of KEYS in every script, and builds the others.
local jobKey, endedKey, envelopeKey, checkpointKey, recordsKey, idsKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local forkKey, tokenKey, leasesKey, leaseKey = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local eventsKey, rowKey, serverKey = KEYS[11], KEYS[12], KEYS[13]
local prefix = ARGV[1]

-- Queues and names may hold any text, colons too: the queue's length keeps two of them from meaning one key.
local function queueKey(room, queue, class, name)
  return prefix .. room .. ":" .. #queue .. ":" .. queue .. ":" .. class .. ":" .. name
end

local function heldKey(lease) return prefix .. "held:" .. lease end
local function statsKey(scope) return prefix .. "stats:" .. scope end
local function itemsKey(run, step) return prefix .. "items:" .. run .. ":" .. step end
local function queueScope(job) return "queue:" .. job.queue .. ":" .. job.class end
