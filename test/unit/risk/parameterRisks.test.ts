import { describe, expect, it } from 'vitest';
import { parameterRisks } from '../../../src/risk/parameterRisks';
import type { Category } from '../../../src/risk/risk';

const text = { type: 'string' };

describe('the risk of a parameter', () => {
  it.each([
    ['run_query', 'Execute', 'sql', text, 'sql'],
    ['run', 'Execute', 'command', text, 'command'],
    ['evaluate', 'Execute', 'code', text, 'code'],
    ['run_query', 'Execute', 'query', text, 'query'],
    ['search_notes', 'Read', 'query', text, undefined],
    ['read_file', 'Read', 'path', text, 'path'],
    ['read_multiple_files', 'Read', 'paths', { type: 'array', items: text }, 'path'],
    ['move_file', 'Write', 'destination', text, 'path'],
    // A path of an address, not of a file.
    ['jira_get', 'Read', 'path', text, undefined],
    ['export_report', 'Write', 'output_file', text, 'target'],
    ['manage', 'Destructive', 'action', { enum: ['list', 'delete'] }, 'action'],
    ['manage', 'Read', 'action', { enum: ['list', 'get'] }, undefined],
    ['restore', 'Destructive', 'overwrite', { type: 'boolean' }, 'removal'],
    ['push', 'Write', 'force', { type: 'boolean' }, 'force'],
    ['deploy', 'Execute', 'dryRun', { type: 'boolean' }, 'acting'],
    ['fetch', 'Read', 'url', text, 'address'],
    ['notify', 'Write', 'webhookUrl', text, 'address'],
    ['sign_in', 'Write', 'password', text, 'secret'],
    // A page is no secret.
    ['list_issues', 'Read', 'pageToken', text, undefined],
    ['create_refund', 'Financial', 'amount', { type: 'number' }, 'money'],
    ['send_mail', 'Write', 'to', text, 'recipient'],
    ['delete_records', 'Destructive', 'ids', { type: 'array' }, 'many'],
    ['fetch', 'Read', 'url', { enum: ['https://a.example', 'https://b.example'] }, undefined],
    ['read_file', 'Read', 'encoding', text, undefined],
  ])('of %s, a %s tool: %s', (name, category, parameter, schema, concern) => {
    const inputSchema = { type: 'object', properties: { [parameter]: schema } };
    const [found] = parameterRisks(inputSchema, { name, category: category as Category });
    expect(found?.concern).toBe(concern);
    expect(found?.reason === undefined).toBe(concern === undefined);
  });

  it('says where the value stands in a call, and whether every call has it', () => {
    const inner = { type: 'object', properties: { path: text }, required: ['path'] };
    const context = { name: 'read_file', category: 'Read' } as const;
    const of = (schema: object) =>
      parameterRisks(schema, context)
        .filter(({ name }) => name === 'path')
        .map(({ keys, required }) => [keys, required]);
    expect(of(inner)).toEqual([[['path'], true]]);
    // What every call has inside of something that may be missing is no part of every call.
    expect(of({ type: 'object', properties: { params: inner } })).toEqual([
      [['params', 'path'], false],
    ]);
    expect(of({ anyOf: [inner] })).toEqual([[undefined, true]]);
  });

  it.each([[undefined], [null], ['x'], [{ properties: [] }], [{ properties: { a: 1 } }]])(
    'of %o throws at nothing',
    (schema) => {
      expect(() => parameterRisks(schema, { name: 'x', category: 'Read' })).not.toThrow();
    },
  );
});
