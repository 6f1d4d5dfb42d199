-- Every type of WIT, there and back, and one number out of many values.
local sennit = require "sennit"

local function same(x) return x end

-- Inside a tuple a result is a value; one that is returned is the function's own.
local function in_tuple(x) return { x } end
local function as_own_result(x)
  if x.err ~= nil then error(sennit.err(x.err)) end
  return x.ok
end

local echo = {
  echo_result = in_tuple,
  echo_result_ok_only = in_tuple,
  echo_result_err_only = in_tuple,
  echo_result_bare = in_tuple,
  return_result = as_own_result,
  return_result_bare = function(x)
    if x.err then error(sennit.err()) end
  end,
  echo_many = function(a, b, c, d, e, f) return { a, b, c, d, e, f } end,
  nothing = function() end,
}

for _, name in ipairs {
  "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
  "list_bool", "list_s8", "list_u8", "list_s16", "list_u16", "list_s32", "list_u32", "list_s64", "list_u64",
  "list_f32", "list_f64", "list_char", "list_string", "list_point", "list_particle", "list_list_u32",
  "list_list_string", "list_shape", "list_option", "list_tuple", "tuple", "nested_tuple", "point", "particle", "names",
  "shape", "colour", "permissions", "bits", "option_u32", "option_string", "option_particle", "option_option",
} do
  echo["echo_" .. name] = same
end

local function count(list, wanted)
  local n = 0
  for _, x in ipairs(list) do
    if wanted(x) then n = n + 1 end
  end
  return n
end

local measures = {
  empty = function() return 0 end,
  circle = function() return 1 end,
  polygon = function(points) return #points end,
  label = function(text) return utf8.len(text) end,
  count = same,
  solid = function(particle) return particle.id end,
}

local fold = {
  sum_u8 = function(xs)
    local sum = 0
    for i = 1, #xs do sum = sum + xs:byte(i) end
    return sum
  end,
  sum_s64 = function(xs)
    local sum = 0
    for _, x in ipairs(xs) do sum = sum + x end
    return sum
  end,
  sum_f64 = function(xs)
    local sum = 0.0
    for _, x in ipairs(xs) do sum = sum + x end
    return sum
  end,
  concat = table.concat,
  count_chars = function(text) return utf8.len(text) end,
  count_true = function(xs) return count(xs, same) end,
  count_nested = function(lists)
    local n = 0
    for _, list in ipairs(lists) do n = n + #list end
    return n
  end,
  count_permissions = function(set)
    local n = 0
    for _ in pairs(set) do n = n + 1 end
    return n
  end,
  centre = function(points)
    local x, y = 0.0, 0.0
    for _, p in ipairs(points) do
      x, y = x + p.x, y + p.y
    end
    return { x = x, y = y }
  end,
  names_of = function(particles, which)
    local names = {}
    for _, p in ipairs(particles) do
      if p.colour == which then names[#names + 1] = p.name end
    end
    return names
  end,
  measure = function(shape) return measures[shape.tag](shape.value) end,
  first_some = function(options)
    for _, option in ipairs(options) do
      if option.some then return option.some end
    end
  end,
  divide = function(left, right)
    if right == 0 then error(sennit.err "division by zero") end
    local quotient = left // right
    -- `//` rounds down: towards zero is one more where signs differ and something is left.
    if quotient < 0 and quotient * right ~= left then quotient = quotient + 1 end
    return (quotient + 0x80000000) % 0x100000000 - 0x80000000 -- the one quotient that leaves an s32 wraps
  end,
}

return { echo = echo, fold = fold, store = require "store" }
