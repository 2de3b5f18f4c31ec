import { visibleLine } from '../common/visibleText';
import type { SignInPrompt } from '../gateway/oauth/signIn';

/** Signing in where there is no editor: the address of the page goes to stderr, for who reads it. */
export class TerminalSignIn implements SignInPrompt {
  readonly advice =
    'Start toolgate with --sign-in and open the page that it names, or put a token into the "headers" of the server.';

  /** Whether someone reads stderr. */
  constructor(private readonly isWatched: boolean) {}

  async offer(): Promise<boolean> {
    return this.isWatched;
  }

  async open(server: string, url: URL): Promise<boolean> {
    if (this.isWatched) {
      process.stderr.write(`To sign in to "${visibleLine(server)}", open ${url.href}\n`);
    }
    return this.isWatched;
  }
}
