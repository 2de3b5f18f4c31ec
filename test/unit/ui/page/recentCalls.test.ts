import { expect, it } from 'vitest';
import type { ActivityEntry } from '../../../../src/audit/activityEntry';
import type { ActivityLog } from '../../../../src/audit/activityLog';
import { Emitter } from '../../../../src/common/event';
import { RecentCalls } from '../../../../src/ui/page/recentCalls';

const entry = (id: string, time: string, outcome = 'ok'): ActivityEntry => ({
  id,
  time,
  outcome,
  server: 's',
  tool: 't',
  verdict: 'allow',
  code: 'allowed',
  rule: '',
  layer: 'preset',
  durationMs: 1,
  client: 'c',
  session: '1',
  argumentKeys: [],
});

it('calls that come while the record is read stand once among those that it holds', async () => {
  const recorded = new Emitter<ActivityEntry>();
  let give: (entries: ActivityEntry[]) => void = () => {};
  const latest = () => new Promise<ActivityEntry[]>((resolve) => (give = resolve));
  const calls = new RecentCalls({
    latest,
    onDidRecord: recorded.event,
  } as Partial<ActivityLog> as ActivityLog);

  const reading = calls.latest();
  recorded.fire(entry('b', '2026-01-02'));
  give([entry('b', '2026-01-02'), entry('a', '2026-01-01')]);
  expect((await reading).map(({ id }) => id)).toEqual(['b', 'a']);

  recorded.fire(entry('c', '2026-01-03'));
  expect((await calls.latest()).map(({ id }) => id)).toEqual(['c', 'b', 'a']);

  recorded.fire(entry('b', '2026-01-02', 'error'));
  expect((await calls.latest()).map(({ id, outcome }) => [id, outcome])).toEqual([
    ['c', 'ok'],
    ['b', 'error'],
    ['a', 'ok'],
  ]);
  calls.dispose();
  recorded.fire(entry('d', '2026-01-04'));
  expect(await calls.latest()).toHaveLength(3);
});
