/**
 * Each counter is a list of events, oldest first: `<time ms> <cost> <keep ms> <id>`, the cost as
 * plain decimal text. Sums are exact: numbers are seven digits to a limb, since Lua has only doubles.
 */
const shared = `
local fraction, digits, limbCount = 28, 70, 10
local read = {}
local function limbsOf(text)
  local limbs = read[text]
  if limbs then return limbs end
  local whole, part = string.match(text, '^(%d+)%.?(%d*)$')
  local padded = string.rep('0', digits - fraction - #whole) .. whole
    .. part .. string.rep('0', fraction - #part)
  limbs = {}
  for i = 1, limbCount do limbs[i] = tonumber(string.sub(padded, digits + 1 - 7 * i, digits + 7 - 7 * i)) end
  read[text] = limbs
  return limbs
end
-- Sums are carried only once: thousands of limbs below 10^7 stay far below 2^53.
local function carry(limbs)
  for i = 1, limbCount - 1 do
    local over = math.floor(limbs[i] / 10000000)
    limbs[i] = limbs[i] - over * 10000000
    limbs[i + 1] = limbs[i + 1] + over
  end
  return limbs
end
local function zero() return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0} end
local function addTo(sum, limbs)
  for i = 1, limbCount do sum[i] = sum[i] + limbs[i] end
end
local function exceeds(a, b)
  for i = limbCount, 1, -1 do
    if a[i] ~= b[i] then return a[i] > b[i] end
  end
  return false
end
local function textOf(limbs)
  local text = ''
  for i = limbCount, 1, -1 do text = text .. string.format('%07d', limbs[i]) end
  local whole = string.gsub(string.sub(text, 1, digits - fraction), '^0+', '')
  local part = string.gsub(string.sub(text, -fraction), '0+$', '')
  if whole == '' then whole = '0' end
  if part == '' then return whole end
  return whole .. '.' .. part
end
local function eventOf(text)
  local time, cost, keep, id = string.match(text, '^(%d+) (%S+) (%d+) (%S+)$')
  return { time = tonumber(time), cost = cost, keep = tonumber(keep), id = id, text = text }
end
local function encoded(event)
  return string.format('%d %s %d %s', event.time, event.cost, event.keep, event.id)
end
`;

/**
 * KEYS: the counters. ARGV: id of the event; per counter its cost and the longest window asked for;
 * then per charge the number of its counter, its window and its max.
 * Answers `[1]`, or `[0, charge, now, time, cost, …]` with the events that are in the way.
 */
export const chargeScript = `${shared}
local mostEvents, cells = 1024, 512
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local counters = {}
for number, key in ipairs(KEYS) do
  local counter = { events = {}, now = clock, cost = ARGV[2 * number], keep = tonumber(ARGV[2 * number + 1]) }
  for index, text in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local event = eventOf(text)
    counter.events[index] = event
    -- The newest event is the high-water mark: a clock set back frees nothing.
    if event.time > counter.now then counter.now = event.time end
    if event.keep > counter.keep then counter.keep = event.keep end
  end
  counters[number] = counter
end

for at = 2 * #KEYS + 2, #ARGV, 3 do
  local counter = counters[tonumber(ARGV[at])]
  local window = tonumber(ARGV[at + 1])
  local sum = zero()
  addTo(sum, limbsOf(counter.cost))
  for _, event in ipairs(counter.events) do
    if event.time + window > counter.now then addTo(sum, limbsOf(event.cost)) end
  end
  if exceeds(carry(sum), limbsOf(ARGV[at + 2])) then
    local answer = { 0, (at - 2 * #KEYS - 2) / 3, counter.now }
    for _, event in ipairs(counter.events) do
      if event.time + window > counter.now then
        answer[#answer + 1] = event.time
        answer[#answer + 1] = event.cost
      end
    end
    return answer
  end
end

for number, key in ipairs(KEYS) do
  local counter = counters[number]
  local over = 0
  for _, event in ipairs(counter.events) do
    if event.time + counter.keep > counter.now then break end
    over = over + 1
  end
  if over > 0 then redis.call('LTRIM', key, over, -1) end
  if #counter.events - over >= mostEvents then
    -- Events of one cell become one that leaves with the newest: late by a cell, never early.
    local cell = counter.keep / cells
    local merged = {}
    for index = over + 1, #counter.events do
      local event = counter.events[index]
      local last = merged[#merged]
      if last and math.floor(last.time / cell) == math.floor(event.time / cell) then
        addTo(last.sum, limbsOf(event.cost))
        last.time, last.id = event.time, '-'
      else
        local sum = zero()
        addTo(sum, limbsOf(event.cost))
        merged[#merged + 1] = { time = event.time, id = event.id, sum = sum }
      end
    end
    redis.call('DEL', key)
    for _, event in ipairs(merged) do
      event.cost, event.keep = textOf(carry(event.sum)), counter.keep
      redis.call('RPUSH', key, encoded(event))
    end
  end
  redis.call('RPUSH', key, encoded({ time = counter.now, cost = counter.cost, keep = counter.keep, id = ARGV[1] }))
  -- A key outlives its last event a little, and then vanishes.
  redis.call('PEXPIRE', key, string.format('%d', counter.now - clock + counter.keep + 1000))
end
return { 1 }
`;

/**
 * KEYS: the counters. ARGV: id of the event. One that has been merged with others is not taken back;
 * nor is anything else in its place, should the counters have been lost and begun anew.
 */
export const releaseScript = `${shared}
for _, key in ipairs(KEYS) do
  local texts = redis.call('LRANGE', key, 0, -1)
  for index = #texts, 1, -1 do
    local event = eventOf(texts[index])
    if event.id == ARGV[1] then
      -- Not removed, since the newest event is the high-water mark of the clock.
      event.cost, event.id = '0', '-'
      redis.call('LSET', key, index - 1, encoded(event))
      break
    end
  end
end
return 1
`;
