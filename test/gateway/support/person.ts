import type { SignInPrompt } from '../../../src/gateway/oauth/signIn';

/** A person who answers as told, and whose browser follows redirects without drawing a page. */
export class TestPerson implements SignInPrompt {
  readonly advice = 'The person has to sign in.';
  readonly offered: string[] = [];
  readonly opened: string[] = [];
  /** What the browser was shown in the end. */
  readonly pages: { readonly status: number; readonly text: string }[] = [];

  constructor(
    private readonly answer: boolean | Promise<boolean> = true,
    /** Without a browser the page stays open and nobody signs in. */
    private readonly hasBrowser = true,
  ) {}

  async offer(server: string): Promise<boolean> {
    this.offered.push(server);
    return this.answer;
  }

  async open(_server: string, url: URL): Promise<boolean> {
    this.opened.push(url.href);
    if (this.hasBrowser) void this.browse(url);
    return true;
  }

  async browse(url: URL | string): Promise<void> {
    const response = await fetch(url);
    this.pages.push({ status: response.status, text: await response.text() });
  }
}
