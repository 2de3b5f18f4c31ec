export type ConfigErrorCode =
  /** The file cannot be edited safely: syntax errors, or `servers` is not an object. */
  | 'invalidFile'
  /** Bytes that are not UTF-8 would not survive a rewrite. */
  | 'notUtf8'
  /** A label stands twice in one file; moving one of the two would change which one counts. */
  | 'duplicateLabel'
  | 'unknownLabel'
  /** A label is in mcp.json and in the guarded file, with different content. */
  | 'conflict'
  | 'changedMeanwhile'
  | 'unresolvedVariable'
  | 'invalidCommand'
  | 'invalidEnv'
  | 'envFileUnreadable'
  | 'invalidUrl'
  | 'invalidHeader';

export interface ConfigErrorDetails {
  readonly file?: string;
  readonly labels?: readonly string[];
  /** As written in the file, such as `${input:token}`; never its value. */
  readonly variable?: string;
  /** The place in the entry, such as `env.API_KEY`. */
  readonly where?: string;
}

/** What this room throws on purpose. The message says what to do and never holds a resolved value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly code: ConfigErrorCode,
    message: string,
    readonly details: ConfigErrorDetails = {},
  ) {
    super(message);
  }
}
