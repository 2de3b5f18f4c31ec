import type { Pointer } from '../pointer';
import type { ToolFacts } from '../policy';

/** What a policy may allow that the one before it did not. */
export interface Loosening {
  readonly kind: LooseningKind;
  /** One sentence for a person. */
  readonly message: string;
  /** The part of the policy before that does not hold any more. */
  readonly before: Pointer | undefined;
  /** What stands in its place. */
  readonly after: Pointer | undefined;
  readonly example: Example;
  /** Whether the example shows it; otherwise it only could not be ruled out. */
  readonly certain: boolean;
}

/** What has become looser: `size` where the policies are too large for an answer. */
export type LooseningKind =
  | 'action'
  | 'arguments'
  | 'requirement'
  | 'denial'
  | 'question'
  | 'limit'
  | 'remember'
  | 'results'
  | 'flow'
  | 'exchange'
  | 'size';

/** A call, or without a tool anything that passes between a client and the server. */
export interface Example {
  readonly server: string;
  readonly tool?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** What the tool has to be taken for. */
  readonly risk?: ToolFacts;
}
