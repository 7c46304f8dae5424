-- enqueue: adds jobs.
-- KEYS: as parts/keys.lua names them.
-- ARGV: prefix, resend (0|1), count, then per job: id queue name tenant class delayMs maxRescues run envelope.
-- Output: per job "created" or "exists", in order. O(jobs · log queue).
local resend = take() == "1"
local jobs = takeList(takeJob)

local ids = {}
for index, job in ipairs(jobs) do ids[index] = job.id end
readJobs(ids)

local answers = {}
for index, job in ipairs(jobs) do
  local earlier = known[job.id]
  if earlier and (resend or not isEnded(earlier)) then
    answers[index] = "exists"
  else
    addJob(job, "")
    answers[index] = "created"
  end
end
flush()
return answers
