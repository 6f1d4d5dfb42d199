local sennit = require "sennit"
local total = { count = 0, sum = 0 }

return {
  add = function(n)
    total.count = total.count + 1
    total.sum = total.sum + n
    return { count = total.count, sum = total.sum }
  end,
  refuse = function(why) error(sennit.err(why), 0) end,
}
