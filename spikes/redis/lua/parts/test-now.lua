-- test-now: a clock that tests move, in the place of now.
local now = tonumber(redis.call("GET", prefix .. "clock"))
