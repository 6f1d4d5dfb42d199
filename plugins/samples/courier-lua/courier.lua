-- Uses what belongs to the user: requests, files, variables, secrets by name, the time, chance, commands.
local sennit = require "sennit"
local http = require "sennit:host/http"
local files = require "sennit:host/files"
local env = require "sennit:host/env"
local secrets = require "sennit:host/secrets"
local clock = require "sennit:host/clock"
local random = require "sennit:host/random"
local run = require "sennit:host/run"

-- The same function, whose err is a text: the name of its case and what it says.
local function told(f)
  return function(...)
    local answer = table.pack(pcall(f, ...))
    if answer[1] then return table.unpack(answer, 2, answer.n) end
    local failure = answer[2]
    if not sennit.is_err(failure) then error(failure, 0) end
    local case = failure.value
    error(sennit.err(case.tag:gsub("_", "-") .. ": " .. case.value), 0)
  end
end

return {
  fetch = told(function(url, secret)
    local headers = {}
    if secret then headers[1] = { "authorization", { tag = "bearer", value = secret } } end
    local response = http.get(url, headers)
    return { response.status, response.body }
  end),
  send = told(function(url, body)
    local response = http.send { method = "POST", url = url, headers = {}, body = body }
    return { response.status, response.body }
  end),
  read_file = told(files.read),
  write_file = told(files.write),
  list_folder = told(function(path)
    local names = {}
    for i, entry in ipairs(files.list(path)) do names[i] = entry.name end
    return names
  end),
  variable = told(env.get),
  has_secret = told(secrets.is_set),
  time = told(clock.now_live),
  chance = told(random.live_bytes),
  command = told(function(argv, input) return run.command(argv, input).stdout end),
}
