import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/**
 * Says in a file name who holds a lock: machine, start of the machine, process namespace, process
 * id, start of the process, and a nonce.
 */
export function newLockOwner(): string {
  const { machine, boot, namespace } = here();
  const since = startOf(process.pid)?.start ?? `u${Math.floor(uptime())}`;
  const nonce = randomBytes(6).toString('hex');
  return [machine, boot, namespace, process.pid, since, nonce].join('_');
}

/**
 * Whether an owner is certainly gone. In doubt it is not: who waits for it gives up in time, while
 * two holders would let a budget be spent twice.
 */
export function isGone(owner: string): boolean {
  const [machine, boot, namespace, pid, since] = owner.split('_');
  const our = here();
  if (machine !== our.machine || pid === undefined || since === undefined) return false;
  if (boot !== our.boot) return true;
  if (namespace !== our.namespace) return false;
  const process = startOf(Number(pid));
  if (process) return process.ended || process.start !== since;
  // No telling when it started: another process may have its id by now, which only delays us.
  if (since.startsWith('u') && Number(since.slice(1)) > uptime() + 1) return true;
  return !exists(Number(pid));
}

export function processIdOf(owner: string): string | undefined {
  return owner.split('_')[3];
}

function here(): { machine: string; boot: string; namespace: string } {
  const identity = `${textOf('/etc/machine-id')}${hostname()}`;
  return {
    machine: createHash('sha256').update(identity).digest('hex').slice(0, 12),
    boot: textOf('/proc/sys/kernel/random/boot_id').replaceAll('-', '').slice(0, 12) || '0',
    namespace: pidNamespace(),
  };
}

/** When a process started, in ticks since the start of the machine; undefined where /proc is not. */
function startOf(pid: number): { start: string; ended: boolean } | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === '') return undefined;
  // The name, in brackets, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [fields[0], fields[17], fields[19]];
  if (start === undefined) return undefined;
  // A killed process that its parent has not noticed; its other threads may still be writing.
  return { start, ended: (state === 'Z' || state === 'X') && Number(threads) <= 1 };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
