import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ApprovalAnswer } from '../../src/gateway/approvals';
import { send } from './support/rawClient';
import { startGateway, type TestGateway } from './support/testGateway';

// Each file holds the messages of one conversation, in their order, on the four ways that they take.
// UPDATE_GOLDEN=1 writes the files anew.
const folder = fileURLToPath(new URL('./golden/', import.meta.url));

class Conversation {
  private readonly lines: string[] = [];
  private readonly serverFile: string;
  private serverLines = 0;
  private session: string | undefined;

  private constructor(private readonly gateway: TestGateway) {
    this.serverFile = join(gateway.directory, 'transcript');
  }

  static async begin(policy: object, fixture = 'plain.mjs'): Promise<Conversation> {
    const gateway = await startGateway({ policy, servers: {} });
    const conversation = new Conversation(gateway);
    const env = { TRANSCRIPT: conversation.serverFile };
    gateway.setServers({ s: { fixture: [fixture], env } });
    await conversation.ask({
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'agent', version: '1' },
      },
    });
    await conversation.ask({ method: 'notifications/initialized' });
    return conversation;
  }

  /** Sends a message and waits for what comes of it; the person answers, if they are asked. */
  async ask(message: object, answer?: ApprovalAnswer): Promise<void> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.lines.push(`client  → gateway            ${body}`);
    const headers = this.session === undefined ? {} : { 'mcp-session-id': this.session };
    const response = send(this.gateway, { body, headers });
    if (answer !== undefined) {
      const { server, tool, rule } = await this.gateway.approver.question();
      this.takeServerLines();
      this.lines.push(
        `(the person is asked: ${server} ${tool}, rule ${rule}; answers: ${answer.kind})`,
      );
      await this.gateway.approver.answer(answer);
    }
    const { messages, headers: received, status } = await response;
    this.session ??= received['mcp-session-id'] as string | undefined;
    // A notification is accepted before the server has read it; a ping comes back after.
    if (status === 202) await this.settle();
    this.takeServerLines();
    for (const one of messages)
      this.lines.push(`client  ← gateway            ${JSON.stringify(one)}`);
  }

  call(id: number, name: string, answer?: ApprovalAnswer): Promise<void> {
    const params = { name, arguments: { path: 'a.txt' } };
    return this.ask({ id, method: 'tools/call', params }, answer);
  }

  note(text: string): void {
    this.lines.push(`(${text})`);
  }

  /** Compares with the file of that name. */
  async matches(name: string): Promise<void> {
    const outcomes = this.gateway.records.map(({ judgement, outcome }) => {
      const code = judgement.forward ? judgement.code : judgement.refusal.code;
      return `${judgement.call.tool}: ${code}, ${outcome}`;
    });
    const state = this.gateway.gateway.stateOf('s').kind;
    const text = [...this.lines, '', 'record:', ...outcomes, '', `server: ${state}`, ''].join('\n');
    const actual = steady(text);
    const path = join(folder, `${name}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, actual);
    const expected = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (actual === expected) rmSync(`${path}.actual`, { force: true });
    else writeFileSync(`${path}.actual`, actual);
    expect(actual).toBe(expected);
  }

  private async settle(): Promise<void> {
    const body = '{"jsonrpc":"2.0","id":"settle","method":"ping"}';
    await send(this.gateway, { body, headers: { 'mcp-session-id': this.session } });
  }

  private takeServerLines(): void {
    const all = existsSync(this.serverFile)
      ? readFileSync(this.serverFile, 'utf8').split('\n').slice(0, -1)
      : [];
    const fresh = all.slice(this.serverLines).filter((line) => !line.includes('"settle"'));
    this.serverLines = all.length;
    for (const line of fresh) {
      const way = line.startsWith('>') ? 'gateway → server' : 'gateway ← server';
      this.lines.push(`          ${way}   ${line.slice(2)}`);
    }
  }
}

/** Without what differs from run to run. */
function steady(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/"retryAfterSeconds":\d+/g, '"retryAfterSeconds":<n>')
    .replace(/in \d+ seconds?/g, 'in <n> seconds');
}

describe('a conversation', () => {
  it('with an allowed call', async () => {
    const conversation = await Conversation.begin({ default: 'deny', tools: { read_file: {} } });
    await conversation.call(1, 'read_file');
    await conversation.matches('allowed');
  });

  it('with a denied call', async () => {
    const conversation = await Conversation.begin({
      default: 'allow',
      tools: { delete_repo: { action: 'deny', reason: 'Repositories stay.' } },
    });
    await conversation.call(1, 'delete_repo');
    await conversation.matches('denied');
  });

  it('with a hidden tool', async () => {
    const conversation = await Conversation.begin({ default: 'allow', hide: ['delete_*', 'hold'] });
    await conversation.ask({ id: 1, method: 'tools/list' });
    await conversation.call(2, 'delete_repo');
    await conversation.call(3, 'Delete_Repo');
    await conversation.matches('hidden');
  });

  it('with a call beyond its limit', async () => {
    const conversation = await Conversation.begin({
      default: 'deny',
      tools: { read_file: { rate_limit: '2/minute' } },
    });
    for (const id of [1, 2, 3]) await conversation.call(id, 'read_file');
    await conversation.matches('rateLimited');
  });

  it('with a call that the person allows', async () => {
    const conversation = await Conversation.begin({ default: 'require_approval' });
    await conversation.call(1, 'write_file', { kind: 'allow_once' });
    await conversation.matches('approved');
  });

  it('with a call that the person denies', async () => {
    const conversation = await Conversation.begin({ default: 'require_approval' });
    await conversation.call(1, 'write_file', { kind: 'deny' });
    await conversation.matches('notApproved');
  });

  it('with a server that dies', async () => {
    const conversation = await Conversation.begin({ default: 'allow' }, 'dieMidCall.mjs');
    await conversation.call(1, 'read_file');
    conversation.note('the session is gone');
    await conversation.ask({ id: 2, method: 'ping' });
    await conversation.matches('serverDies');
  });
});
