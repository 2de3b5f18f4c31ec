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
local function encoded(time, cost, keep, id)
  return string.format('%d %s %d %s', time, cost, keep, id)
end
`;

/**
 * KEYS: the counters. ARGV: id of the event; per counter its cost and the longest window asked for;
 * then per charge the number of its counter, its window and its max.
 * Answers `[1]`, or `[0, charge, milliseconds until it fits or -1, sum within the window]`.
 */
export const chargeScript = `${shared}
local mostEvents, cells = 1024, 512
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local match = string.match
local counters = {}
for number, key in ipairs(KEYS) do
  local texts = redis.call('LRANGE', key, 0, -1)
  local times, costs = {}, {}
  local now, keepMs = clock, tonumber(ARGV[2 * number + 1])
  for index, text in ipairs(texts) do
    local time, cost, keep = match(text, '^(%d+) ([%d.]+) (%d+) ')
    time, keep = tonumber(time), tonumber(keep)
    times[index], costs[index] = time, cost
    -- The newest event is the high-water mark: a clock set back frees nothing.
    if time > now then now = time end
    if keep > keepMs then keepMs = keep end
  end
  counters[number] = {
    texts = texts, times = times, costs = costs, now = now, keep = keepMs, cost = ARGV[2 * number]
  }
end

for at = 2 * #KEYS + 2, #ARGV, 3 do
  local counter = counters[tonumber(ARGV[at])]
  local window, max = tonumber(ARGV[at + 1]), limbsOf(ARGV[at + 2])
  local times, costs, after = counter.times, counter.costs, counter.now - window
  local sum, first = zero(), #times + 1
  for index = #times, 1, -1 do
    if times[index] <= after then break end
    addTo(sum, limbsOf(costs[index]))
    first = index
  end
  carry(sum)
  local total = zero()
  addTo(total, sum)
  addTo(total, limbsOf(counter.cost))
  if exceeds(carry(total), max) then
    local wait = -1
    for index = first, #times do
      local cost = limbsOf(costs[index])
      for i = 1, limbCount do total[i] = total[i] - cost[i] end
      if not exceeds(carry(total), max) then
        wait = times[index] - after
        break
      end
    end
    return { 0, (at - 2 * #KEYS - 2) / 3, wait, textOf(sum) }
  end
end

for number, key in ipairs(KEYS) do
  local counter = counters[number]
  local times, costs = counter.times, counter.costs
  local over = 0
  while over < #times and times[over + 1] + counter.keep <= counter.now do over = over + 1 end
  if over > 0 then redis.call('LTRIM', key, over, -1) end
  if #times - over >= mostEvents then
    -- Events of one cell become one that leaves with the newest: late by a cell, never early.
    local cell = counter.keep / cells
    local merged, last = {}, nil
    for index = over + 1, #times do
      if last and math.floor(last.time / cell) == math.floor(times[index] / cell) then
        addTo(last.sum, limbsOf(costs[index]))
        last.time, last.id = times[index], '-'
      else
        last = { time = times[index], id = match(counter.texts[index], '%S+$'), sum = zero() }
        addTo(last.sum, limbsOf(costs[index]))
        merged[#merged + 1] = last
      end
    end
    redis.call('DEL', key)
    for _, event in ipairs(merged) do
      redis.call('RPUSH', key, encoded(event.time, textOf(carry(event.sum)), counter.keep, event.id))
    end
  end
  redis.call('RPUSH', key, encoded(counter.now, counter.cost, counter.keep, ARGV[1]))
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
    local time, keep, id = string.match(texts[index], '^(%d+) %S+ (%d+) (%S+)$')
    if id == ARGV[1] then
      -- Not removed, since the newest event is the high-water mark of the clock.
      redis.call('LSET', key, index - 1, encoded(time, '0', keep, '-'))
      break
    end
  end
end
return 1
`;
