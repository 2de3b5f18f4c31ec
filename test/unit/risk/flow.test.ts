import { expect, it } from 'vitest';
import { classify } from '../../../src/risk/classify';
import { flowOf } from '../../../src/risk/flow';
import type { ToolDefinition } from '../../../src/risk/risk';

function marks(tool: ToolDefinition): string {
  const flow = flowOf(tool, classify(tool, {}).category);
  return (['private', 'untrusted', 'outbound'] as const).filter((mark) => flow[mark]).join(' ');
}

const takes = (...names: string[]): object => ({
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});

it.each<[name: string, description: string, more: object, expected: string]>([
  ['read_file', 'Reads a file.', {}, 'private'],
  ['query_database', 'Runs a query that only reads rows of a table.', {}, 'private'],
  ['list_events', 'Lists the events of the calendar.', {}, 'private'],
  ['get_issue', 'Gets an issue.', {}, 'private untrusted'],
  ['search_mail', 'Searches the mail.', { inputSchema: takes('channel') }, 'private untrusted'],
  ['web_search', 'Searches the web.', {}, 'untrusted'],
  ['scrape', 'Gets the text of a website.', { inputSchema: takes('url') }, 'untrusted outbound'],
  ['send_mail', 'Sends a mail.', {}, 'outbound'],
  ['post_message', 'Posts a message to a channel.', {}, 'outbound'],
  ['create_issue', 'Creates an issue.', {}, 'outbound'],
  ['create_pull_request', 'Creates a pull request.', {}, 'outbound'],
  ['run_command', 'Runs a shell command.', { inputSchema: takes('command') }, 'private outbound'],
  ['write_file', 'Writes a file.', {}, ''],
  ['get_time', 'Gets the time.', {}, ''],
  ['add', 'Adds two numbers.', {}, ''],
  ['get_weather', 'Gets the weather.', {}, ''],
  ['lookup', 'Looks a word up.', { annotations: { openWorldHint: true } }, 'untrusted'],
  ['read_file', 'Reads a file.', { annotations: { openWorldHint: false } }, 'private'],
])('%s: %s', (name, description, more, expected) => {
  expect(marks({ name, description, ...more })).toBe(expected);
});
