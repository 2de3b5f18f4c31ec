const endOfEvent = /\r\n\r\n|\n\n|\r\r/g;

/**
 * The same response, whose body fails once one message in it has more than `mostBytes`: the SDK
 * reads without a limit, and a server must not fill the memory of the extension host. `onTooLarge`
 * is told, since the SDK keeps the failure of a stream to itself.
 */
export function bounded(response: Response, mostBytes: number, onTooLarge: () => void): Response {
  if (!response.body) return response;
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  let length = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length = isStream ? lengthAfterEvents(length, chunk) : length + chunk.length;
      if (length > mostBytes) {
        onTooLarge();
        controller.error(new Error('too large'));
      } else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
}

/** How much there is of the event that the chunk leaves open. */
function lengthAfterEvents(before: number, chunk: Uint8Array): number {
  let end: number | undefined;
  for (const match of Buffer.from(chunk).toString('latin1').matchAll(endOfEvent)) {
    end = match.index + match[0].length;
  }
  return end === undefined ? before + chunk.length : chunk.length - end;
}
