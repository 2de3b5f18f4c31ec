// The time-out that the MCP SDKs use is 60 s, and a client that hears of progress goes on waiting.
const unknownClientMs = 55_000;
// So long before its time-out a client is told.
const marginMs = 5000;

/**
 * How long a call of a client may be kept waiting for a person before the client gives up.
 * `timeouts` has seconds by the name that a client gives itself.
 */
export function holdMsFor(
  timeouts: Readonly<Record<string, number>>,
  client: string,
  hearsProgress: boolean,
): number {
  const seconds = Object.hasOwn(timeouts, client) ? timeouts[client] : undefined;
  if (seconds !== undefined) return Math.max(1000, seconds * 1000 - marginMs);
  return hearsProgress ? Number.POSITIVE_INFINITY : unknownClientMs;
}
