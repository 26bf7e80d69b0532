-- What wrk sends, where it is more than one GET at full speed; told by variables, since wrk hands scripts no options.

-- PACE_MS: waits so many milliseconds between two requests of a connection, on average: wrk counts in whole ones.
local pause = tonumber(os.getenv("PACE_MS"))
if pause then
  local whole = math.floor(pause)
  function delay()
    if math.random() < pause - whole then return whole + 1 end
    return whole
  end
end

-- BODY_BYTES: a POST with a body of so many bytes.
local bytes = tonumber(os.getenv("BODY_BYTES"))
if bytes then
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/octet-stream"
  wrk.body = string.rep("x", bytes)
end

-- BODY_FILE: a POST with what is in this file.
local sent = os.getenv("BODY_FILE")
if sent then
  local opened = assert(io.open(sent, "rb"))
  wrk.method = "POST"
  wrk.body = opened:read("*a")
  opened:close()
end

-- TOKENS_FILE: the access tokens in this file by turns.
local tokens = os.getenv("TOKENS_FILE")
if tokens then
  local requests, turn = {}, 0
  function init()
    for token in io.lines(tokens) do
      requests[#requests + 1] = wrk.format(nil, nil, { Authorization = "Bearer " .. token })
    end
  end
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

-- PATHS_FILE: the paths in this file by turns.
local file = os.getenv("PATHS_FILE")
if file then
  local requests, turn = {}, 0
  function init()
    for path in io.lines(file) do requests[#requests + 1] = wrk.format(nil, path) end
  end
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end
