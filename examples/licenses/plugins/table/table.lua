-- Groups classified dependencies by licence and draws a table.

local SHOWN = 3

local function group(classified)
  local groups, order = {}, {}
  for _, c in ipairs(classified) do
    local license = c.license == "" and "(none)" or c.license
    local g = groups[license]
    if not g then
      g = { license = license, kind = (c.kind:gsub("_", " ")), names = {} }
      groups[license] = g
      order[#order + 1] = g
    end
    g.names[#g.names + 1] = c.name
  end
  table.sort(order, function(a, b)
    if #a.names ~= #b.names then return #a.names > #b.names end
    return a.license < b.license
  end)
  return order
end

local function some_of(names)
  local shown = table.concat(names, ", ", 1, math.min(SHOWN, #names))
  if #names > SHOWN then shown = shown .. ", …" end
  return shown
end

return {
  render = function(classified)
    local lines = {
      string.format("%-28s %-14s %8s  %s", "licence", "kind", "packages", "such as"),
      string.rep("-", 78),
    }
    for _, g in ipairs(group(classified)) do
      lines[#lines + 1] = string.format("%-28s %-14s %8d  %s", g.license, g.kind, #g.names, some_of(g.names))
    end
    return table.concat(lines, "\n")
  end,
}
