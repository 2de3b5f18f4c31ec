import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNode, repoRoot } from '../vscode/install';

/** One thing that a scenario looks at. `INFO` is not judged. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

export interface Outcome {
  readonly exitCode: number;
  readonly checks: readonly Check[];
  readonly output: string;
}

const program = join(repoRoot, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** The official conformance suite, run with the Node 24 that the editor's tests use too. */
export class Suite {
  private constructor(private readonly node: string) {}

  static async open(): Promise<Suite> {
    return new Suite(await ensureNode());
  }

  /** The scenarios that the suite has for one side. */
  async scenarios(side: 'server' | 'client'): Promise<readonly string[]> {
    const { exitCode, output } = await this.exec(['list', `--${side}`]);
    const names = [...output.matchAll(/^ {2}- (\S+)/gm)].map((match) => match[1]!);
    if (exitCode !== 0 || names.length === 0) throw new Error(`No scenarios:\n${output}`);
    return names;
  }

  server(scenario: string, url: string): Promise<Outcome> {
    return this.run(['server', '--scenario', scenario, '--url', url]);
  }

  /** `command` is given the address of the suite's own server as its last argument. */
  client(scenario: string, command: string): Promise<Outcome> {
    return this.run(['client', '--scenario', scenario, '--command', command]);
  }

  private async run(args: readonly string[]): Promise<Outcome> {
    const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      const { exitCode, output } = await this.exec([...args, '--output-dir', folder]);
      const [result] = await readdir(folder, { recursive: true }).then((files) =>
        files.filter((file) => file.endsWith('checks.json')),
      );
      if (result === undefined) throw new Error(`The suite gave no result:\n${output}`);
      const checks = JSON.parse(await readFile(join(folder, result), 'utf8')) as Check[];
      return { exitCode, checks, output };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private exec(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.node, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      const collect = (chunk: string): void => {
        output += chunk;
      };
      child.stdout.setEncoding('utf8').on('data', collect);
      child.stderr.setEncoding('utf8').on('data', collect);
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, output }));
    });
  }
}
