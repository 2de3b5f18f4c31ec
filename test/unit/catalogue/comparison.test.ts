import { describe, expect, it } from 'vitest';
import { shortDigest } from '../../../src/catalogue/catalogueFile';
import {
  type Comparison,
  comparisonWith,
  findingsOf,
  noteOf,
} from '../../../src/catalogue/comparison';
import {
  type CataloguedServer,
  PackageCatalogue,
  summaryOf,
} from '../../../src/catalogue/packageCatalogue';
import { cataloguedFacts, comparedFacts } from '../../../src/catalogue/reportFacts';
import type { McpEntry } from '../../../src/config/mcpConfig';
import { digestOf } from '../../../src/gateway/pins/definition';
import { ToolCatalogue } from '../../../src/gateway/toolCatalogue';
import { asHtml } from '../../../src/report/html';
import { asMarkdown } from '../../../src/report/markdown';
import { reportOf } from '../../../src/report/report';

const published = [
  { name: 'list_notes', description: 'List the notes.', outputSchema: { type: 'object' } },
  { name: 'delete_note', description: 'Delete a note.', inputSchema: { type: 'object' } },
  { name: 'now', description: 'It is half past nine.' },
] as const;

const short = (tool: object): string => shortDigest(digestOf(tool));
const catalogue = new PackageCatalogue({
  servers: {
    '@acme/notes-mcp': {
      version: '1.2.3',
      command: 'notes',
      tools: {
        delete_note: ['Destructive', 'critical', 0.97, short(published[1])],
        list_notes: ['Read', 'low', 0.96, short(published[0])],
        now: ['Read', 'low', 0.9, null],
      },
    },
  },
});

function find(...args: string[]): CataloguedServer | undefined {
  return catalogue.find({ type: 'stdio', command: 'npx', args, env: {}, raw: {} });
}

/** The comparison of an entry with a server that lists these tools. */
function compare(args: readonly string[], tools: readonly { readonly name: string }[]): Comparison {
  const live = new ToolCatalogue('notes');
  live.learn(tools, true, true);
  return comparisonWith(find(...args)!, live.names, (name) => live.digestOf(name));
}

const exact = ['-y', '@acme/notes-mcp@1.2.3'];
const newest = ['-y', '@acme/notes-mcp'];
const rewritten = { ...published[0], outputSchema: { type: 'object', title: 'Ask for more.' } };
const further = { name: 'send_note', description: 'Send a note.' };

describe('a configured server', () => {
  it.each([
    [['-y', '@acme/notes-mcp'], false],
    [['-y', '@acme/notes-mcp@latest'], false],
    [['-y', '@acme/notes-mcp@1.2.3'], true],
    [['-y', '@acme/notes-mcp@1.2.4'], false],
    [['-y', '@acme/notes-mcp@1.2.3', '--toolsets=all'], false],
    [['-p', '@acme/notes-mcp@1.2.3', 'notes'], true],
  ])('npx %j is known; that it is the version of the catalogue: %s', (args, isExact) => {
    expect(find(...args)).toMatchObject({ package: '@acme/notes-mcp', version: '1.2.3', isExact });
  });

  it.each([
    ['-y', '@acme/notes-mcp-server'],
    ['-y', '@acme/notes'],
    ['-y', '@acne/notes-mcp'],
    ['-y', 'notes-mcp'],
    ['-y', 'constructor'],
    ['-p', '@acme/notes-mcp', 'sh'],
  ])('npx %s %s %s is another program', (...args) => {
    expect(find(...args.filter((word) => word !== undefined))).toBeUndefined();
  });

  it('at an address is no package', () => {
    const entry: McpEntry = { type: 'http', url: 'https://notes.example', headers: {}, raw: {} };
    expect(catalogue.find(entry)).toBeUndefined();
    expect(catalogue.find(undefined)).toBeUndefined();
  });

  it('is summed up by how many tools it has and how many are critical', () => {
    expect(summaryOf(find(...newest)!.tools)).toBe('3 tools, 1 critical');
    expect(summaryOf([{ level: 'high' }])).toBe('1 tool');
  });
});

describe('a server that is what was published', () => {
  it('has no finding, whatever its tools say anew each time, and in whatever order of keys', () => {
    const { name, ...rest } = published[0];
    const tools = [{ ...rest, name }, published[1], { name: 'now', description: 'It is ten.' }];
    const comparison = compare(exact, tools);
    expect(findingsOf(comparison)).toEqual(new Map());
    expect(noteOf(comparison)).toBe(
      'Its tools are those of @acme/notes-mcp 1.2.3 in the catalogue.',
    );
  });
});

describe('a server that differs', () => {
  it('from the very version it is configured as has a finding for each tool that does', () => {
    const comparison = compare(exact, [rewritten, ...published.slice(1), further]);
    const moderate = { severity: 'moderate', class: 'not-as-published', field: 'name', offset: 0 };
    expect([...findingsOf(comparison)]).toEqual([
      ['list_notes', { ...moderate, text: 'list_notes' }],
      ['send_note', { ...moderate, text: 'send_note' }],
    ]);
    expect(noteOf(comparison)).toBe(
      'Compared with the 3 tools of @acme/notes-mcp 1.2.3 in the catalogue: 1 defined otherwise, 1 more.',
    );
  });

  it.each([
    ['of an unknown version', newest],
    ['of another version', ['-y', '@acme/notes-mcp@1.3.0']],
    ['that is given arguments', [...exact, '--toolsets=all']],
  ])('and is one %s has none, only a note: that is what upgrades and settings do', (_, args) => {
    const comparison = compare(args, [rewritten, further]);
    expect(findingsOf(comparison)).toEqual(new Map());
    expect(noteOf(comparison)).toBe(
      'Compared with the 3 tools of @acme/notes-mcp 1.2.3 in the catalogue: 1 defined otherwise, 1 more, 2 missing. It may be another version.',
    );
  });

  it('by having fewer tools has none: a tool that is not there does no harm', () => {
    const comparison = compare(exact, [published[0]]);
    expect(findingsOf(comparison)).toEqual(new Map());
    expect(noteOf(comparison)).toContain('2 missing.');
  });
});

describe('a report', () => {
  const policies = undefined;

  it('of a server that was not started says so, and grades what is catalogued', async () => {
    const report = await reportOf([cataloguedFacts('notes', find(...newest)!, policies)]);
    const note =
      'It was not started. This is from the catalogue: @acme/notes-mcp as version 1.2.3 was.';
    expect(report.servers[0]).toMatchObject({ grade: 'A', notes: [note], counts: { critical: 1 } });
    expect(asMarkdown(report)).toContain(`- Note: \`${note}\``);
    expect(asHtml(report)).toContain(`<li>Note: ${note}</li>`);
  });

  it('of a server that differs names the finding at the tool', async () => {
    const facts = {
      label: 'notes',
      failure: undefined,
      policies,
      tools: [
        {
          ...rewritten,
          risk: { ...find(...exact)!.tools[1]!, evidence: [], contradiction: undefined },
        },
      ],
    };
    const report = await reportOf([comparedFacts(facts, compare(exact, [rewritten]))]);
    expect(report.findings).toBe(1);
    expect(asMarkdown(report)).toContain(
      '- Finding, moderate: not-as-published in `name`: `list_notes`',
    );
    const honest = await reportOf([comparedFacts(facts, compare(exact, [published[0]]))]);
    expect(honest.findings).toBe(0);
  });
});
