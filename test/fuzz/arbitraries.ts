import {
  ClientNotificationSchema,
  ClientRequestSchema,
  ServerNotificationSchema,
  ServerRequestSchema,
  ServerResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import fc, { type Arbitrary } from 'fast-check';

/** What Zod keeps of a schema, as far as it is needed to make values for it. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly element?: Schema;
  readonly keyType?: Schema;
  readonly valueType?: Schema;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly left?: Schema;
  readonly right?: Schema;
  readonly getter?: () => Schema;
}

interface Schema {
  readonly _zod: { readonly def: Definition };
}

const deepest = 6;
const json = fc.jsonValue({ maxDepth: 2 });

/** Values that a schema of the SDK is about. What it refines further is not heeded: it is a fuzz. */
export function valuesOf(schema: unknown, depth = 0): Arbitrary<unknown> {
  const { def } = (schema as Schema)._zod;
  const within = (inner: unknown): Arbitrary<unknown> => valuesOf(inner, depth + 1);
  if (depth > deepest) return json;
  switch (def.type) {
    case 'object':
      return objectOf(def.shape!, depth);
    case 'string':
      return fc.oneof(fc.string(), fc.constantFrom('file:///a', 'x', '', '2026-01-01T00:00:00Z'));
    case 'number':
      return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'boolean':
      return fc.boolean();
    case 'literal':
      return fc.constantFrom(...def.values!);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries!));
    case 'union':
      return fc.oneof(...def.options!.map(within));
    case 'array':
      return fc.array(within(def.element), { maxLength: 3 });
    case 'record':
      return fc.dictionary(fc.string(), within(def.valueType), { maxKeys: 3 });
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
      return within(def.innerType);
    case 'pipe':
      return within(def.in);
    case 'lazy':
      return within(def.getter!());
    case 'intersection':
      return fc
        .tuple(within(def.left), within(def.right))
        .map(([left, right]) => ({ ...(left as object), ...(right as object) }));
    default:
      return json;
  }
}

function objectOf(shape: Readonly<Record<string, Schema>>, depth: number): Arbitrary<object> {
  const parts: Record<string, Arbitrary<unknown>> = {};
  for (const [key, schema] of Object.entries(shape)) parts[key] = valuesOf(schema, depth + 1);
  const required = Object.keys(shape).filter((key) => shape[key]!._zod.def.type !== 'optional');
  const own = fc.record(parts, { requiredKeys: required });
  const others = fc.dictionary(fc.string({ maxLength: 5 }), json, { maxKeys: 1 });
  return fc.tuple(own, others).map(([known, other]) => ({ ...other, ...(known as object) }));
}

const ids = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('a', '1', '', '\u2028'));
const oddIds = fc.constantFrom(null, 1.5, {}, [], true, 2 ** 60);

export const allowedTool = 'read_file';
const tools = fc.oneof(
  { weight: 6, arbitrary: fc.constant(allowedTool) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'delete_repo',
      'hidden_tool',
      'asked',
      'Read_File',
      'read_file\u200b',
    ),
  },
  { weight: 1, arbitrary: fc.string() },
);

/** Arguments that are honest JSON, so that a call of the allowed tool has to be made. */
const calls = fc.record({
  method: fc.constant('tools/call'),
  params: fc.record(
    { name: tools, arguments: fc.dictionary(fc.string(), json, { maxKeys: 3 }) },
    { requiredKeys: ['name'] },
  ),
});

const request = (schema: unknown): Arbitrary<object> =>
  fc
    .tuple(
      fc.oneof({ weight: 20, arbitrary: ids }, { weight: 1, arbitrary: oddIds }),
      valuesOf(schema),
    )
    .map(([id, message]) => ({ jsonrpc: '2.0', id, ...(message as object) }));
const notification = (schema: unknown): Arbitrary<object> =>
  valuesOf(schema).map((message) => ({ jsonrpc: '2.0', ...(message as object) }));

const judged = fc.tuple(ids, calls).map(([id, call]) => ({ jsonrpc: '2.0', id, ...call }));
const results = fc.oneof(
  valuesOf(ServerResultSchema).map((result) => ({ result })),
  fc.record({ code: fc.integer(), message: fc.string() }).map((error) => ({ error })),
);
const response = fc
  .tuple(ids, results)
  .map(([id, result]) => ({ jsonrpc: '2.0', id, ...result }) as object);

/** Whole messages of a client, most of them well-formed. */
export const clientMessages: Arbitrary<object> = fc
  .oneof(
    { weight: 5, arbitrary: judged },
    { weight: 3, arbitrary: request(ClientRequestSchema) },
    { weight: 1, arbitrary: notification(ClientNotificationSchema) },
    { weight: 1, arbitrary: notification(ClientRequestSchema) },
    { weight: 1, arbitrary: response },
  )
  // A second one is refused by its own rules: see the tests of the listener.
  .filter((message) => (message as { method?: unknown }).method !== 'initialize');

/** Whole messages of a server. */
export const serverMessages: Arbitrary<object> = fc.oneof(
  response,
  request(ServerRequestSchema),
  notification(ServerNotificationSchema),
  request(ClientRequestSchema),
);
