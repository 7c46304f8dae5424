-- extend: moves the deadlines of leases, or gives them up.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, worker, leaseMs, count, then per lease: id, dropped (0|1).
-- Output: the ids that are lost. O(leases · log leases).
local worker, leaseMs = take(), takeNumber()
local touches = takeList(function() return { lease = take(), dropped = take() == "1" } end)

local function drop(lease, untilMs)
  if redis.call("EXISTS", heldKey(lease)) == 1 then
    redis.call("ZADD", leasesKey, math.min(untilMs, now), lease)
  else
    redis.call("ZREM", leasesKey, lease)
    redis.call("HDEL", leaseKey, lease)
  end
end

local lost = {}
for _, touched in ipairs(touches) do
  local lease = touched.lease
  local owner = redis.call("HGET", leaseKey, lease)
  local mine = owner and string.sub(owner, 6) == worker
  local untilMs = mine and tonumber(redis.call("ZSCORE", leasesKey, lease))
  if touched.dropped then
    if mine then drop(lease, untilMs) end
  elseif mine and untilMs > now then
    redis.call("ZADD", leasesKey, now + leaseMs, lease)
  else
    lost[#lost + 1] = lease
  end
end
return lost
