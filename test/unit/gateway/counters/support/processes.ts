import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Child {
  readonly pid: number;
  readonly messages: readonly unknown[];
  /** The next message that has not been asked for. */
  message(): Promise<unknown>;
  kill(): Promise<void>;
}

export function startChild(args: readonly string[], uid?: number): Child {
  const child = fork(script, args, {
    execArgv: ['--import', 'tsx'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const messages: unknown[] = [];
  // What it said last may arrive after its end.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  let asked = 0;
  child.on('message', (message) => messages.push(message));
  return {
    pid: child.pid!,
    messages,
    message: async () => {
      while (messages.length <= asked) {
        if (child.exitCode !== null) throw new Error('The child ended without a word.');
        await Promise.race([once(child, 'message'), ended]);
      }
      return messages[asked++];
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
