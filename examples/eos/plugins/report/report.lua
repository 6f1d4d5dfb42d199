-- Writes the report of an equation of state.

local function line(name, value, unit)
  return string.format("%-3s= %.3f %s", name, value, unit)
end

return {
  report = function(c, volumes, energies)
    local d = (c.v0 * math.sqrt(2)) ^ (1 / 3)
    return table.concat({
      "Equation of state of solid argon (Lennard-Jones, fcc)",
      string.format("%d volumes from %.4f to %.4f σ³ per atom", #volumes, volumes[1], volumes[#volumes]),
      "",
      line("E0", c.e0, "ε per atom"),
      line("V0", c.v0, "σ³ per atom"),
      line("d0", d, "σ between nearest neighbours"),
      line("B0", c.b0, "ε/σ³"),
      line("B0'", c.b0_prime, "(by pressure)"),
      "",
    }, "\n")
  end,
}
