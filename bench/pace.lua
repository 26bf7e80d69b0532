-- Waits PACE_MS milliseconds between two requests of a connection, on average: wrk counts in whole ones.
local pause = tonumber(os.getenv("PACE_MS"))
local whole = math.floor(pause)

function delay()
  if math.random() < pause - whole then return whole + 1 end
  return whole
end
