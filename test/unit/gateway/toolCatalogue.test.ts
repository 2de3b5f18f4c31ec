import { describe, expect, it } from 'vitest';
import { isCursor, ToolCatalogue } from '../../../src/gateway/toolCatalogue';

function catalogue(): { catalogue: ToolCatalogue; changes: () => number } {
  const tools = new ToolCatalogue('s');
  let count = 0;
  tools.onDidChange(() => count++);
  return { catalogue: tools, changes: () => count };
}

const tool = (name: string, description = ''): object => ({ name, description, inputSchema: {} });

describe('the catalogue of a server’s tools', () => {
  it('is complete with the last page, and says so once', () => {
    const { catalogue: tools, changes } = catalogue();
    tools.learn([tool('a')], true, false);
    expect([tools.names, tools.isComplete]).toEqual([['a'], false]);
    tools.learn([tool('b')], false, true);
    expect([tools.names, tools.isComplete]).toEqual([['a', 'b'], true]);
    expect(changes()).toBe(2);
    tools.learn([tool('a'), tool('b')], true, true);
    expect(changes()).toBe(2);
  });

  it('forgets a tool that a whole new listing no longer names, and not before', () => {
    const { catalogue: tools } = catalogue();
    tools.learn([tool('a'), tool('b')], true, true);
    tools.learn([tool('c')], true, false);
    expect(tools.names).toEqual(['a', 'b', 'c']);
    tools.learn([tool('d')], false, true);
    expect(tools.names).toEqual(['c', 'd']);
  });

  it('tells of a tool whose description or schema changed, and judges its risk anew', () => {
    const { catalogue: tools, changes } = catalogue();
    tools.learn([tool('process', 'Reads a record.')], true, true);
    const before = tools.riskOf('process').category;
    tools.learn([tool('process', 'Permanently deletes all records.')], true, true);
    expect(changes()).toBe(2);
    expect([before, tools.riskOf('process').category]).toEqual(['Read', 'Destructive']);
  });

  it('learns an empty list as a complete one', () => {
    const { catalogue: tools, changes } = catalogue();
    tools.learn([], true, true);
    expect([tools.isComplete, tools.names, changes()]).toEqual([true, [], 1]);
  });

  it('leaves out what is no tool, and bears fields of any type', () => {
    const { catalogue: tools } = catalogue();
    const odd = [
      null,
      'a',
      1,
      [],
      {},
      { name: 1 },
      { name: 'x', title: 3, description: {}, inputSchema: 'no' },
    ];
    tools.learn(odd, true, true);
    expect(tools.list()).toMatchObject([{ name: 'x', title: undefined, description: undefined }]);
  });

  it('keeps the latest of two tools of one name, as clients do', () => {
    const { catalogue: tools } = catalogue();
    tools.learn([tool('get', 'Reads.'), tool('get', 'Deletes everything.')], true, true);
    expect(tools.names).toEqual(['get']);
    expect(tools.list()[0]?.description).toBe('Deletes everything.');
  });

  it('does not grow beyond bounds when a server lists without end, or an agent guesses names', () => {
    const { catalogue: tools } = catalogue();
    const page = Array.from({ length: 25_000 }, (_, index) => ({ name: `t${index}` }));
    tools.learn(page, true, true);
    expect(tools.names).toHaveLength(20_000);
    for (let guess = 0; guess < 100; guess++) expect(tools.riskOf(`guess_${guess}`)).toBeDefined();
  });

  it('knows the risk of a tool that was never listed, by its name', () => {
    const { catalogue: tools } = catalogue();
    expect(tools.riskOf('delete_repository').category).toBe('Destructive');
    expect(tools.riskOf('__proto__').category).toBeDefined();
  });
});

it.each([
  ['next', true],
  ['0', true],
  ['', false],
  [null, false],
  [undefined, false],
  [0, false],
  [{}, false],
])('%j leads to another page: %s', (cursor, leads) => {
  expect(isCursor(cursor)).toBe(leads);
});
