-- save: applies writes of holders that go on.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, count, then per write: id token write checkpoint? children step?, as parts/holder.lua reads them.
-- Output: per write "applied", "already-applied" or "fenced", in order. O(writes + children · log queue + items).
local writes = takeList(takeWrite)
readAhead(writes)

local answers = {}
for index, write in ipairs(writes) do
  local job, answer = behindFence(write)
  if job and write.write <= job.write then
    answer = "already-applied"
  elseif job then
    keep(job, write)
    answer = "applied"
  end
  answers[index] = answer
end
flushWrites()
return answers
