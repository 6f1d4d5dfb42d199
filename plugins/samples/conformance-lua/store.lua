-- The interface `store`: accumulators stay here, the host holds handles. Lua's integers wrap as the WIT asks.
local Accumulator = {}
Accumulator.__index = Accumulator

function Accumulator.new(start) return setmetatable({ sum = start }, Accumulator) end

function Accumulator:add(x) self.sum = self.sum + x end

function Accumulator:value() return self.sum end

function Accumulator.merge(left, right) return Accumulator.new(left.sum + right.sum) end

return {
  accumulator = Accumulator,
  peek = function(a) return a.sum end,
  make_many = function(starts)
    local made = {}
    for i, start in ipairs(starts) do made[i] = Accumulator.new(start) end
    return made
  end,
  drain = function(all)
    local sum = 0
    for _, a in ipairs(all) do sum = sum + a.sum end
    return sum
  end,
}
