import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import spawn from 'cross-spawn';
import { visibleLine } from '../common/visibleText';
import type { StdioLaunch } from '../config/launch';
import { BoundedLog } from './boundedLog';
import { isRequest, type JsonRpcMessage, messageOf } from './jsonRpc';
import { LineReader } from './lineReader';
import { LongText, type RawText } from './longMessage';
import { type MessageBounds, tooLarge, type Upstream, type UpstreamListener } from './upstream';

const longestLogLine = 4096;
// To tell a line that is no message costs more than to print one.
const mostStrayLines = 100_000;
// From the request to end until SIGTERM, and from there until SIGKILL: 5 s are promised in all.
const politeMs = 1500;
const termMs = 2000;
// How long the output of a process that has ended may be held open by what it had started.
const lastWordsMs = 500;
const killedMs = 500;
const killedPollMs = 5;

interface Outgoing {
  readonly line: string;
  readonly isRequest: boolean;
  readonly onSendError: (reason: string) => void;
}

/**
 * A server process spoken to over stdin and stdout, started without a shell. It leads a process
 * group of its own, so that what it starts ends with it.
 */
export class StdioUpstream implements Upstream {
  private readonly child: ChildProcess;
  /**
   * Since this turn of the event loop has written a message already: the rest of the turn, which
   * is written in one go. Writing to the pipe costs more than all the rest of a call.
   */
  private outbox: Outgoing[] | undefined;
  private readonly output: BoundedLog;
  private strayLines = 0;
  private closed = false;
  private closing: Promise<void> | undefined;
  private readonly exited: Promise<void>;

  constructor(
    launch: StdioLaunch,
    private readonly listener: UpstreamListener,
    private readonly bounds: MessageBounds,
  ) {
    this.output = new BoundedLog((line) => listener.onLog(line));
    this.child = spawn(launch.command, [...launch.args], {
      cwd: launch.cwd,
      env: launch.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const lines = new LineReader(bounds, (line) => this.receive(line));
    this.child.stdout!.on('data', (chunk: Buffer) => {
      // Once it has ended, it is listened to no more, but its pipe is kept from filling up.
      if (this.closed) return;
      const limit = lines.push(chunk);
      if (limit !== undefined) this.end(tooLarge(limit));
    });
    const longest = longestLogLine * 16;
    const errors = new LineReader({ most: longest, mostReadWhole: longest }, (line) =>
      this.log(String(line)),
    );
    this.child.stderr!.on('data', (chunk: Buffer) => {
      if (this.output.isFull) this.output.lose(chunk.length);
      else errors.push(chunk);
    });
    // A write to a process that has just ended fails here too; `exit` tells the story.
    this.child.stdin!.on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        this.end(startFailure(launch.command, error));
        if (this.child.pid === undefined) resolve();
      });
      this.child.once('exit', () => {
        const cut = setTimeout(() => {
          this.child.stdout!.destroy();
          this.child.stderr!.destroy();
        }, lastWordsMs);
        this.child.once('close', () => clearTimeout(cut));
      });
      this.child.once('close', (code, signal) => {
        this.end(signal ? `It was ended by ${signal}.` : `It exited with code ${code}.`);
        resolve();
      });
    });
  }

  send(message: JsonRpcMessage, onSendError: (reason: string) => void): void {
    const line = `${JSON.stringify(message)}\n`;
    const outgoing = { line, isRequest: isRequest(message), onSendError };
    if (this.outbox) {
      this.outbox.push(outgoing);
      return;
    }
    this.outbox = [];
    setImmediate(() => this.flush());
    this.write([outgoing]);
  }

  private flush(): void {
    const rest = this.outbox;
    this.outbox = undefined;
    if (rest && rest.length > 0) this.write(rest);
  }

  private write(sent: readonly Outgoing[]): void {
    this.child.stdin!.write(sent.map(({ line }) => line).join(''), (error) => {
      if (!error || this.closed) return;
      for (const { onSendError } of sent) onSendError('It does not read its input any more.');
    });
  }

  setProtocolVersion(): void {}

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.closed = true;
    if (this.child.pid === undefined) return;
    // What was said last, as that a call is cancelled, is still to be heard. A call is not: nobody
    // waits for it any more.
    this.outbox = this.outbox?.filter((outgoing) => !outgoing.isRequest);
    this.flush();
    this.child.stdin!.end();
    const signalled = [
      setTimeout(() => this.kill('SIGTERM'), politeMs),
      setTimeout(() => this.kill('SIGKILL'), politeMs + termMs),
    ];
    await this.exited;
    for (const timer of signalled) clearTimeout(timer);
    // What the server started may have outlived it.
    this.kill('SIGKILL');
    await this.groupIsGone();
  }

  /** SIGKILL takes a moment too. Not waited for long: an unreaped zombie keeps its group for ever. */
  private async groupIsGone(): Promise<void> {
    const until = performance.now() + killedMs;
    while (this.kill(0) && performance.now() < until) await delay(killedPollMs);
  }

  private receive(line: RawText): void {
    if (this.closed) return;
    const outline = line instanceof LongText ? line.outline : undefined;
    if (outline === undefined && line.length > this.bounds.mostReadWhole) {
      return this.end(tooLarge(this.bounds.mostReadWhole));
    }
    const text = outline ?? String(line);
    if (text.trim() === '') return;
    // A failed parse costs many times as much as this look.
    if (!/^\s*[{[]/.test(text)) return this.stray(text.slice(0, longestLogLine));
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.stray(text.slice(0, longestLogLine));
    }
    const parsed = messageOf(value);
    if (!parsed.ok) return this.stray(parsed.error.message);
    const { message } = parsed;
    if (!(line instanceof LongText) || outline === undefined) {
      return this.listener.onMessage(message, text);
    }
    if (!('method' in message) && this.listener.onLongAnswer) {
      this.listener.onLongAnswer(message, line);
    } else this.receive(new LongText(line.parts, line.length, undefined));
  }

  private log(line: string): void {
    if (this.output.isFull) this.output.lose(line.length);
    else this.output.add(visibleLine(line.slice(0, longestLogLine)));
  }

  private stray(why: string): void {
    this.log(`not a message: ${why}`);
    if (++this.strayLines > mostStrayLines) {
      this.end(`It printed more than ${mostStrayLines} lines that are not MCP messages.`);
    }
  }

  private end(reason: string): void {
    if (this.closed) return;
    void this.close();
    this.listener.onClose(reason);
  }

  /** False when there is nothing left that the signal could reach; 0 only looks. */
  private kill(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.child;
    if (pid === undefined) return false;
    try {
      if (process.platform !== 'win32') return process.kill(-pid, signal);
      if (signal === 0) return false;
      spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on(
        'error',
        () => {},
      );
      return true;
    } catch {
      // ESRCH: the whole group is gone already.
      return false;
    }
  }
}

function startFailure(command: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') {
    return `It could not be started: there is no "${visibleLine(command)}" on PATH, or its working folder does not exist.`;
  }
  if (error.code === 'EACCES')
    return `It could not be started: "${visibleLine(command)}" is not executable.`;
  return `It could not be started (${error.code ?? error.message}).`;
}
