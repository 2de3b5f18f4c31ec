import { env, Uri, window } from 'vscode';
import { visibleLine } from '../common/visibleText';
import type { SignInPrompt } from '../gateway/oauth/signIn';

/** Asks in a notification, and opens pages in the person's browser through the editor. */
export class EditorSignIn implements SignInPrompt {
  readonly advice = 'The person has to run "Toolgate: Sign In to Server" in the editor.';

  async offer(server: string): Promise<boolean> {
    const signIn = 'Sign In';
    const message = `An agent needs the server "${visibleLine(server)}", which asks you to sign in.`;
    return (await window.showInformationMessage(message, signIn)) === signIn;
  }

  async open(_server: string, url: URL): Promise<boolean> {
    const uri = Uri.parse(url.href, true);
    // The editor decodes an address before it opens it, which could make two parameters out of one
    // that a server chose. Such a page would not be the one that was checked.
    if (!isSamePage(new URL(encodeURI(uri.toString(true))), url)) return false;
    return env.openExternal(uri);
  }
}

function isSamePage(opened: URL, checked: URL): boolean {
  const parts = ({ origin, pathname, hash, searchParams }: URL): string =>
    JSON.stringify([origin, pathname, hash, ...searchParams]);
  return parts(opened) === parts(checked);
}
