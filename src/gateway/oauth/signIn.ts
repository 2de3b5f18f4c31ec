/** The person, as far as signing in to a server needs them. */
export interface SignInPrompt {
  /** What the person can do, for who is told that a sign-in is missing. */
  readonly advice: string;
  /** Asks whether they want to sign in now, because an agent cannot go on without. */
  offer(server: string): Promise<boolean>;
  /** Opens a page in the person's browser. False if it was not opened. The URL has been checked. */
  open(server: string, url: URL): Promise<boolean>;
}

/** Where tokens are kept. The editor's `SecretStorage` is one. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** What the gateway needs to sign in to servers. */
export interface SignInHost {
  readonly prompt: SignInPrompt;
  readonly secrets: SecretStore;
  /** How long an agent waits for the person. */
  readonly waitSeconds: () => number;
}

/** A sign-in that is missing or failed. Its message is for people, and holds nothing secret. */
export class SignInError extends Error {}
