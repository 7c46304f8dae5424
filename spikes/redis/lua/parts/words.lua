-- words: reads ARGV from its second word on, one after the other.
local position = 1

local function take()
  position = position + 1
  return ARGV[position]
end

local function takeNumber() return tonumber(take()) end

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
