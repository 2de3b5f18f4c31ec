import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const entry = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as one program, built for the tests of a file. */
export class CliProgram {
  private directory = '';

  constructor() {
    beforeAll(async () => {
      this.directory = mkdtempSync(join(tmpdir(), 'toolgate-cli-'));
      await build({
        entryPoints: [entry],
        outfile: this.path,
        bundle: true,
        platform: 'node',
        target: 'node20',
        format: 'cjs',
        mainFields: ['module', 'main'],
        logLevel: 'error',
      });
    });
    afterAll(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  /** A path in a folder that lives as long as the tests of the file. */
  file(name: string): string {
    return join(this.directory, name);
  }

  async run(args: readonly string[], input = ''): Promise<Finished> {
    const child = this.start(args);
    child.stdin!.end(input);
    return finished(child);
  }

  /** Starts the program; it is killed with the test if it still runs then. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const child = spawn(process.execPath, [this.path, ...args], { stdio: 'pipe', env });
    child.stdin!.on('error', () => {});
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  private get path(): string {
    return join(this.directory, 'cli.js');
  }
}

export async function finished(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
