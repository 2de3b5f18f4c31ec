import { describe, expect, it } from 'vitest';
import { redactMember, redactSecrets, secretsIn } from '../../../src/policy/secrets';

const letters = 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS1tU3v';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const hex = '0123456789abcdef'.repeat(4);
const of = (length: number): string => letters.slice(0, length);

// Put together here, so that no scanner takes this file for a leak.
const secrets: readonly (readonly [kind: string, secret: string])[] = [
  ['aws-access-key', `AKIA${upper.slice(0, 16)}`],
  ['aws-access-key', `ASIA${upper.slice(4, 20)}`],
  ['github-token', `ghp_${of(36)}`],
  ['github-token', `github_pat_${of(40)}`],
  ['gitlab-token', `glpat-${of(20)}`],
  ['slack-token', `xoxb-${'1234567890-'.repeat(2)}${of(24)}`],
  ['slack-webhook', `hooks.slack.com/services/T0${of(8)}/B0${of(8)}/${of(24)}`],
  ['stripe-key', `sk_live_${of(24)}`],
  ['stripe-key', `rk_test_${of(24)}`],
  ['google-key', `AIza${of(35)}`],
  ['google-key', `ya29.${of(60)}`],
  ['npm-token', `npm_${of(36)}`],
  ['pypi-token', `pypi-AgEIcHlwaS5vcmc${of(60)}`],
  ['ai-provider-key', `sk-ant-api03-${of(40)}`],
  ['ai-provider-key', `sk-proj-${of(40)}`],
  ['service-token', `SG.${of(22)}.${of(43)}`],
  ['service-token', `dop_v1_${hex}`],
  ['jwt', `eyJ${of(20)}.eyJ${of(40)}.${of(43)}`],
  [
    'private-key',
    `-----BEGIN RSA PRIVATE KEY-----\n${of(60)}\n${of(60)}\n-----END RSA PRIVATE KEY-----`,
  ],
  ['private-key', `-----BEGIN PRIVATE KEY-----\n${of(60)}\ncut off here`],
];

describe('secrets of known shapes', () => {
  it.each(secrets)('%s is found: %s', (kind, secret) => {
    const text = `Here it is: ${secret}`;
    expect(secretsIn(text)).toEqual([{ kind, offset: 12, length: secret.length }]);
    expect(redactSecrets(text)).toBe(`Here it is: [REDACTED ${kind}]`);
  });

  it.each([
    ['an authorization header', `Authorization: Bearer ${of(30)}`, of(30)],
    ['basic credentials', 'Authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA=='],
    ['a password in a URL', 'postgres://app:s3cr3t-pw@db.test/x', 's3cr3t-pw'],
    ['an assignment', 'DB_PASSWORD=hunter2-Swordfish', 'hunter2-Swordfish'],
    ['a line of YAML', 'client_secret: 9f8e7d6c5b4a', '9f8e7d6c5b4a'],
    ['a member of JSON', '{"apiKey": "k3y-9f8e7d6c"}', 'k3y-9f8e7d6c'],
    ['JSON within JSON', '{\\"access_token\\": \\"t0k3n-9f8e7d\\"}', 't0k3n-9f8e7d'],
    ['a secret key of AWS', `aws_secret_access_key = ${of(40)}`, of(40)],
  ])('%s loses the secret alone', (_, text, secret) => {
    const redacted = redactSecrets(text);
    expect(redacted).not.toContain(secret);
    expect(redacted).toBe(text.replace(secret, redacted.match(/\[REDACTED [\w-]+\]/)![0]));
  });

  it('all of several are redacted, and nothing between them', () => {
    const [first, second] = [secrets[0]![1], secrets[2]![1]];
    expect(redactSecrets(`a ${first} b ${second} c`)).toBe(
      'a [REDACTED aws-access-key] b [REDACTED github-token] c',
    );
  });

  it.each([
    ['a commit', 'commit 0123456789abcdef0123456789abcdef01234567'],
    ['a UUID', 'id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
    ['a digest', `sha256:${hex}`],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    ['a publishable key', `pk_live_${of(24)}`],
    ['a type', 'password: string; token: string | undefined'],
    [
      'a placeholder',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what stands for a secret.
      'API_KEY=your-api-key-123 PASSWORD=******** TOKEN=<token-1> SECRET=${SECRET_1}',
    ],
    [
      'a reference to a variable',
      'const token = process.env.TOKEN_1; password = config.db.password',
    ],
    ['a call', 'const token = getToken2(); secret = readSecret(1)'],
    ['a sentence', 'The password: at least eight letters. Token: see below.'],
    ['a place in a listing', '{"nextPageToken": "CAUQAA9x8y7z", "sync_token": "abc-123-XYZ"}'],
    ['a count', 'max_tokens=4096 total_tokens: 12345678'],
    [
      'a word that begins alike',
      'AKIAN is a town, ghp_short, sk-learn, npm_config_registry, xoxb-',
    ],
    ['an address', 'https://user@example.test/path:8080/a and http://example.test:8080/x@y'],
    ['base64 of a picture', Buffer.from(of(60)).toString('base64')],
  ])('%s is none', (_, text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  it('a member says by its name that it is a secret', () => {
    expect(redactMember('dbPassword', 'hunter2-Swordfish')).toBe('[REDACTED password]');
    expect(redactMember('client_secret', '9f8e7d6c5b4a')).toBe('[REDACTED password]');
    expect(redactMember('passwordHint', 'the dog of 2019')).toBe('the dog of 2019');
    expect(redactMember('nextPageToken', 'CAUQAA9x8y7z')).toBe('CAUQAA9x8y7z');
    expect(redactMember('note', secrets[2]![1])).toBe('[REDACTED github-token]');
  });

  it('no text takes longer than its length', () => {
    const hostile = [
      'eyJ',
      'eyJa.',
      'password=',
      '-----BEGIN PRIVATE KEY-----',
      'a://b:',
      'bearer ',
      'sk-',
      '"',
    ];
    for (const part of hostile) {
      const before = process.cpuUsage();
      redactSecrets(part.repeat(1_000_000 / part.length));
      expect([part, process.cpuUsage(before).user < 3e6]).toEqual([part, true]);
    }
  });
});
