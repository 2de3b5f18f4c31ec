import { describe, expect, it } from 'vitest';
import type { ActivityEntry } from '../../../src/audit/activityEntry';
import { approvalStatistics } from '../../../src/audit/approvalStatistics';

const entry: ActivityEntry = {
  time: '2026-11-27T12:00:00.000Z',
  id: 'id',
  server: 's',
  tool: 't',
  verdict: 'allow',
  code: 'approved',
  rule: '/tools/t',
  layer: 'workspace',
  durationMs: 1,
  outcome: 'ok',
  client: 'c',
  session: 'one',
  argumentKeys: [],
};
const approved = (answeredAfterMs: number, more: Partial<ActivityEntry> = {}): ActivityEntry => ({
  ...entry,
  answeredAfterMs,
  ...more,
});
const denied: ActivityEntry = approved(3000, { verdict: 'deny', code: 'approval_denied' });
const late: ActivityEntry = { ...entry, verdict: 'deny', code: 'approval_timeout' };
const granted: ActivityEntry = { ...entry, code: 'approved_by_grant' };
const repeat = (count: number, one: ActivityEntry): ActivityEntry[] => Array(count).fill(one);

describe('what the record tells of approvals', () => {
  it('is nothing where nobody was asked', () => {
    const passed: ActivityEntry = { ...entry, code: 'allowed' };
    expect(approvalStatistics([passed, granted])).toEqual({
      questions: 0,
      approved: 0,
      denied: 0,
      unanswered: 0,
      medianAnswerMs: undefined,
      days: [],
      habits: [],
    });
  });

  it('counts what was asked, and how it was answered', () => {
    const asked = [approved(1000), denied, late, approved(2000, { code: 'approved_by_grant' })];
    expect(approvalStatistics([...asked, granted])).toMatchObject({
      questions: 4,
      approved: 2,
      denied: 1,
      unanswered: 1,
    });
  });

  it.each([
    [[5], 5],
    [[1, 9], 5],
    [[9, 1, 2], 2],
    [[10, 1, 2, 4], 3],
  ])('has %j answered in %d ms, at the median', (times, median) => {
    const entries = times.map((time) => approved(time));
    expect(approvalStatistics(entries).medianAnswerMs).toBe(median);
  });

  it('has the days of the person in their order', () => {
    const on = (day: number): Partial<ActivityEntry> => ({
      time: new Date(2026, 10, day, 23, 59).toISOString(),
    });
    const entries = [approved(1, on(9)), { ...denied, ...on(9) }, approved(1, on(8))];
    expect(approvalStatistics(entries).days).toEqual([
      { day: '2026-11-08', questions: 1, approved: 1 },
      { day: '2026-11-09', questions: 2, approved: 1 },
    ]);
  });
});

describe('a habit', () => {
  it('is a tool whose calls were approved twenty times, and never denied', () => {
    expect(approvalStatistics(repeat(20, approved(1))).habits).toEqual([
      {
        server: 's',
        tool: 't',
        approved: 20,
        rule: '/tools/t',
        layer: 'workspace',
        calls: [],
      },
    ]);
    expect(approvalStatistics(repeat(19, approved(1))).habits).toEqual([]);
    expect(approvalStatistics([...repeat(30, approved(1)), denied]).habits).toEqual([]);
    const otherServer = { ...denied, server: 'other' };
    expect(approvalStatistics([...repeat(20, approved(1)), otherServer]).habits).toHaveLength(1);
  });

  it('is not made of calls that a grant let pass', () => {
    expect(approvalStatistics([...repeat(19, approved(1)), ...repeat(50, granted)]).habits).toEqual(
      [],
    );
  });

  it('has the arguments only where all are on record, and none that the person wrote', () => {
    const known = repeat(20, approved(1, { arguments: { a: 1 } }));
    const edited = approved(1, { arguments: { a: 9 }, edited: true });
    expect(approvalStatistics([edited, ...known]).habits[0]).toMatchObject({
      approved: 21,
      calls: Array(20).fill({ a: 1 }),
    });
    expect(approvalStatistics([approved(1), ...known]).habits[0]).toMatchObject({ calls: [] });
  });
});
