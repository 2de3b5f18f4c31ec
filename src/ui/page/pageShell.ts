import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/**
 * The document around a page. It loads one style and one script of the extension and nothing else;
 * what is shown comes in messages, as HTML in which every text of a server is escaped.
 */
export function pageShell(webview: Webview, media: Uri): string {
  const style = webview.asWebviewUri(Uri.joinPath(media, 'page.css'));
  const script = webview.asWebviewUri(Uri.joinPath(media, 'page.js'));
  const nonce = randomBytes(16).toString('hex');
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="${style.toString()}">
<title>Toolgate</title>
</head>
<body>
<main><p id="loading">Loading…</p></main>
<p id="status" role="status" aria-live="polite"></p>
<script nonce="${nonce}" src="${script.toString()}"></script>
</body>
</html>
`;
}
