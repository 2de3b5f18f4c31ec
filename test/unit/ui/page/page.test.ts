import { describe, expect, it } from 'vitest';
import type { McpEntry } from '../../../../src/config/mcpConfig';
import { givenNames, launchText } from '../../../../src/ui/page/launchText';
import { pageMessage } from '../../../../src/ui/page/messages';

const stdio = (command: string, args: readonly string[], env = {}): McpEntry => ({
  type: 'stdio',
  command,
  args,
  env,
  raw: {},
});
const http = (url: string): McpEntry => ({ type: 'http', url, headers: { 'X-Key': 'k' }, raw: {} });

describe('how a server is started, in words', () => {
  it.each([
    [
      stdio('npx', ['-y', 'server-x', '--token', 's3cret']),
      'as npx server-x, with 2 more arguments',
    ],
    [stdio('docker', ['run', '-e', 'KEY=s3cret']), 'as docker run, with 2 more arguments'],
    [stdio('serve', ['--key', 's3cret']), 'as serve, with 2 more arguments'],
    [http('https://me:s3cret@mcp.example/s3cret?key=s3cret'), 'over HTTP at mcp.example'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's
    [http('${input:address}'), 'at an address that variables make up'],
  ])('holds no secret: %o', (entry, said) => {
    expect(launchText(entry)).toContain(said);
    expect(launchText(entry)).not.toContain('s3cret');
  });

  it('names what a server is given, without the values', () => {
    expect(givenNames(stdio('x', [], { API_KEY: 's3cret' }))).toEqual(['API_KEY']);
    expect(givenNames(http('https://x.example'))).toEqual(['X-Key']);
  });
});

describe('a message of a page', () => {
  it.each([
    [{ do: 'allow', subject: 'a' }, true],
    [{ do: 'addRule', subject: 'a', rule: '{}' }, true],
    [{ do: 'preset', subject: 'a', preset: 'strict' }, true],
    [{ do: 'preset', subject: 'a', preset: 'none' }, false],
    [{ do: 'allow' }, false],
    [{ do: 'allow', subject: 'a', tool: 'other' }, false],
    [{ do: 'executeCommand', subject: 'a', command: 'x' }, false],
    [{ do: 'addRule', subject: 'a', rule: { action: 'allow' } }, false],
    [{ do: 'openTool', subject: 'a', tool: 'x'.repeat(100_000) }, false],
    ['allow', false],
    [undefined, false],
  ])('%o is understood: %s', (message, understood) => {
    expect(pageMessage.safeParse(message).success).toBe(understood);
  });
});
