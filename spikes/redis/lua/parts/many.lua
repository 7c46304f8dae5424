-- many: calls commands with lists of any length; Lua's stack holds some 8,000 values.
local CHUNK = 4000

local function writeMany(command, key, words)
  for first = 1, #words, CHUNK do
    redis.call(command, key, unpack(words, first, math.min(first + CHUNK - 1, #words)))
  end
end

local function readMany(command, key, words)
  if #words <= CHUNK then return #words == 0 and {} or redis.call(command, key, unpack(words)) end
  local values = {}
  for first = 1, #words, CHUNK do
    local part = redis.call(command, key, unpack(words, first, math.min(first + CHUNK - 1, #words)))
    for index = 1, #part do values[#values + 1] = part[index] end
  end
  return values
end

-- The list under a key of a table of lists, made where there is none.
local function listOf(lists, key)
  local list = lists[key]
  if not list then
    list = {}
    lists[key] = list
  end
  return list
end
