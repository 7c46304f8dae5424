-- server: notices that another server, or one that was restarted, goes on with this data. Either may have lost the last
-- writes that were answered (a log flushed once a second, a replica behind its primary), and would give their tokens
-- and row numbers out a second time. Both sequences jump past whatever was lost.
local JUMP = 4294967296

local runId = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
local earlierRunId = redis.call("GET", serverKey)
if earlierRunId ~= runId then
  redis.call("SET", serverKey, runId)
  if earlierRunId then
    redis.call("INCRBY", tokenKey, JUMP)
    redis.call("INCRBY", rowKey, JUMP)
  end
end
