-- words: reads ARGV from its second word on, one after the other.
local position = 1

local function take()
  position = position + 1
  return ARGV[position]
end

-- Doubles count exactly to 2^53. What is past that, or no number at all, must fail here, before anything is written.
local function exactly(number, what)
  if number and math.abs(number) <= 9007199254740992 then return number end -- not so for NaN
  error("INEXACT " .. what .. " is not a number up to 2^53")
end

local function takeNumber()
  local word = take()
  return exactly(tonumber(word), word)
end

-- Written as "1" and the text, or "0": an empty text is not a missing one.
local function takeOptional()
  if take() == "1" then return take() end
  return nil
end

-- Written as a count and that many members.
local function takeList(member)
  local list = {}
  for index = 1, takeNumber() do list[index] = member() end
  return list
end
