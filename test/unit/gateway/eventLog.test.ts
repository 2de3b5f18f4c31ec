import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EventLog } from '../../../src/gateway/eventLog';
import type { Exchange } from '../../../src/gateway/exchange';

const mib = 1024 * 1024;
const running = { isFinished: false } as Exchange;
const finished = { isFinished: true } as Exchange;
const texts = (log: EventLog, stream: number): string[] =>
  [...log.after(stream, 0)].map(([, json]) => String(json));

describe('the events of a session', () => {
  it('are given stream by stream, after an event, in their order', () => {
    const log = new EventLog();
    const [a, b] = [log.open(running), log.open(finished)];
    const ids = [log.add(a, 'a1'), log.add(b, 'b1'), log.add(a, 'a2'), log.add(b, 'b2')];
    expect(new Set(ids).size).toBe(4);
    const { exchange, position } = log.find(ids[0]!)!;
    expect(exchange).toBe(running);
    expect([...log.after(a, position)]).toEqual([[ids[2], 'a2']]);
    expect(texts(log, b)).toEqual(['b1', 'b2']);
  });

  it('are bounded: the oldest go first, and the newest stays whatever its size', () => {
    const log = new EventLog();
    const stream = log.open(running);
    for (let index = 0; index < 40; index++) log.add(stream, `${index}`.padEnd(mib));
    expect(texts(log, stream).map((text) => text.trim())).toEqual(
      Array.from({ length: 16 }, (_, index) => `${index + 24}`),
    );
    log.add(stream, 'answer'.padEnd(20 * mib));
    expect(texts(log, stream)).toHaveLength(1);
  });

  it('are forgotten after minutes, and so is a stream that has ended; one that runs is not', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const log = new EventLog();
    const ids = [running, finished].map((exchange) => log.add(log.open(exchange), '{}'));
    vi.advanceTimersByTime(4 * 60_000);
    log.forget();
    expect(ids.map((id) => log.find(id)?.exchange)).toEqual([running, finished]);
    vi.advanceTimersByTime(2 * 60_000);
    log.forget();
    expect(ids.map((id) => log.find(id)?.exchange)).toEqual([running, undefined]);
    expect(texts(log, 1)).toEqual([]);
  });
});
