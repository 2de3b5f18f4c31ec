import { describe, expect, it } from 'vitest';
import { checkAuthorizationUrl } from '../../../../src/gateway/oauth/authorizationUrl';

const characters = 'holds characters that do not belong into it';

describe('the address of a sign-in page', () => {
  it.each([
    'https://login.example/authorize',
    'https://login.example:8443/tenant/oauth2/v2.0/authorize?p=B2C_1_sign-in&x=%20',
    'https://login.example/authorize?resource=https://mcp.example/mcp&scope=a+b',
    'https://[2001:db8::1]/authorize',
    'http://localhost:3000/authorize',
    'http://auth.localhost/authorize',
    'http://127.0.0.1:3000/authorize',
    'http://127.8.9.10/authorize',
    'http://[::1]:3000/authorize',
  ])('may be opened: %s', (text) => {
    expect(checkAuthorizationUrl(text)).toEqual({ ok: true, url: new URL(text) });
  });

  it.each([
    ['file:///etc/passwd', 'is not a web page'],
    ['javascript:alert', 'is not a web page'],
    ['data:text/html,hello', 'is not a web page'],
    ['vscode://extension/command', 'is not a web page'],
    ['ms-msdt:/id', 'is not a web page'],
    ['smb://evil.example/share', 'is not a web page'],
    ['login.example/authorize', 'is not a URL'],
    ['', characters],
    ['https:///', 'is not a URL'],
    ['javascript:alert(1)', characters],
    ['https://login.example/$(touch%20pwned)', characters],
    ['https://login.example/`id`', characters],
    ["https://login.example/'&calc&'", characters],
    ['https://login.example/"x', characters],
    ['https://login.example/\nHost: evil', characters],
    ['https://login.example/\r', characters],
    ['https://login.example/\0', characters],
    ['https://login.example/a b', characters],
    ['https://login.example/|calc', characters],
    ['https://login.example/<x>', characters],
    ['https://login.example/{x}', characters],
    ['https://login.example/^x', characters],
    ['https:\\\\login.example\\x', characters],
    ['https://login.example/#access_token=x', characters],
    ['https://lоgin.example/', characters],
    ['https://login.example/\u202e', characters],
    ['https://user@login.example/', 'holds a user name or password'],
    ['https://login.example:443@evil.example/', 'holds a user name or password'],
    ['http://login.example/authorize', 'is not encrypted (http)'],
    ['http://10.0.0.1/authorize', 'is not encrypted (http)'],
    ['http://169.254.169.254/', 'is not encrypted (http)'],
    ['http://localhost.evil.example/', 'is not encrypted (http)'],
    ['http://127.0.0.1.evil.example/', 'is not encrypted (http)'],
    ['http://0.0.0.0:3000/', 'is not encrypted (http)'],
  ])('is refused: %j, because it %s', (text, reason) => {
    expect(checkAuthorizationUrl(text)).toEqual({ ok: false, reason });
  });
});
