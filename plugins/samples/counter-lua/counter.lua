-- The counter in Lua.
local sennit = require "sennit"

local count = 0

local function count_words(text)
  local counts, words = {}, {}
  for word in text:gmatch("[^ \t\n\f\r]+") do
    if not counts[word] then words[#words + 1] = word end
    counts[word] = (counts[word] or 0) + 1
  end
  table.sort(words) -- strings compare by their bytes here (locale "C")
  for i, word in ipairs(words) do words[i] = { word, counts[word] } end
  return words
end

return {
  increment = function()
    count = count + 1
    return count
  end,
  add = function(a, b) return (a + b) & 0xffffffff end,
  fail = function(message) error(sennit.err(message)) end,
  trap = function() error("trap was called") end,
  count_words = count_words,
}
