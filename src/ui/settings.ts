import { type ConfigurationScope, type Disposable, workspace } from 'vscode';
import type { NewTools } from '../gateway/pins/serverPins';
import { settings } from './ids';

// Package.json holds the defaults and the bounds; here a value out of bounds is brought back into
// them, because settings files are edited by hand.

function read<T>(name: string, fallback: T, scope?: ConfigurationScope): T {
  return workspace.getConfiguration('toolgate', scope).get<T>(name) ?? fallback;
}

function number(name: string, fallback: number, least: number, most: number): number {
  const value = Number(read(name, fallback));
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : fallback;
}

/** A setting that each call needs: asking the editor for its configuration takes longer than a call. */
export class CachedSetting<T> implements Disposable {
  private current: T;
  private readonly subscription: Disposable;

  constructor(readNow: () => T) {
    this.current = readNow();
    this.subscription = workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('toolgate')) this.current = readNow();
    });
  }

  get value(): T {
    return this.current;
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

export function policyFileSetting(scope: ConfigurationScope): string {
  return read<string>(settings.policyFile, '', scope).trim() || '.vscode/policy.json';
}

export function userPolicyFileSetting(): string | undefined {
  return read<string>(settings.userPolicyFile, '').trim() || undefined;
}

/** Seconds by client name. Values that are no number of seconds are left out. */
export function clientTimeouts(): Readonly<Record<string, number>> {
  const values = Object.entries(read<Record<string, unknown>>(settings.clientTimeouts, {}));
  return Object.fromEntries(
    values.filter((entry): entry is [string, number] => {
      const [, seconds] = entry;
      return typeof seconds === 'number' && seconds > 0;
    }),
  );
}

// VS Code's own HTTP client gives up on an answer after five minutes.
export function approvalTimeoutSeconds(): number {
  return number(settings.approvalTimeout, 120, 1, 280);
}

export function newTools(): NewTools {
  const value = read<string>(settings.newTools, 'review');
  return value === 'allow' || value === 'allow-read-only' ? value : 'review';
}

export function approvalStyle(): 'modal' | 'notification' {
  return read<string>(settings.approvalStyle, 'modal') === 'notification'
    ? 'notification'
    : 'modal';
}

export function gatewayAsksAlone(): boolean {
  return read<string>(settings.hostPrompt, 'keep') === 'gatewayAsks';
}

export function startTimeoutSeconds(): number {
  return number(settings.startTimeout, 60, 1, 600);
}

export function listDenied(): boolean {
  return read(settings.listDenied, true);
}

export function recordArguments(): boolean {
  return read(settings.recordArguments, false);
}

export function mostBytes(): number {
  return number(settings.mostMegabytes, 16, 1, 256) * 1024 * 1024;
}

export function stateUrl(): string | undefined {
  return read<string>(settings.stateUrl, '').trim() || undefined;
}

export function passWithoutState(): boolean {
  return read<string>(settings.stateOnFailure, 'deny') === 'allow';
}
