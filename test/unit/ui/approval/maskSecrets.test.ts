import { describe, expect, it } from 'vitest';
import { isSecret, maskSecrets } from '../../../../src/ui/approval/maskSecrets';

describe('secrets', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'api_key',
    'X-Api-Key',
    'accessToken',
    'Authorization',
    'client secret',
    'Set-Cookie',
    'privateKey',
    'passwd',
  ])('are known by the key %s', (key) => {
    expect(maskSecrets({ [key]: 'hunter2' })).toEqual({
      value: { [key]: '•••••• (hidden)' },
      count: 1,
    });
  });

  it.each([
    ['path', 'secret.txt'],
    ['max_tokens', 500],
    ['tokenizer', 'gpt'],
    ['token_count', 'many'],
    ['key', 'a'],
    ['author', 'Eva'],
    ['password', ''],
    ['password', true],
    ['spin', 'left'],
  ])('are not seen in %s: %j', (key, value) => {
    expect(isSecret(key, value)).toBe(false);
  });

  it('are masked at any depth, below their key too, and nothing else is changed', () => {
    const value = {
      headers: [{ authorization: 'Bearer x' }],
      credentials: { user: 'eva', list: ['a', 'b'] },
      pin: 1234,
      text: 'a',
      nothing: null,
    };
    const before = structuredClone(value);
    expect(maskSecrets(value)).toEqual({
      value: {
        headers: [{ authorization: '•••••• (hidden)' }],
        credentials: {
          user: '•••••• (hidden)',
          list: ['•••••• (hidden)', '•••••• (hidden)'],
        },
        pin: '•••••• (hidden)',
        text: 'a',
        nothing: null,
      },
      count: 5,
    });
    expect(value).toEqual(before);
  });

  it('are known by their shape under any key, and the text around them stays', () => {
    // Put together here, so that no scanner takes this file for a leak.
    const token = `ghp_${'aB3dE5fG7hJ9'.repeat(3)}`;
    expect(maskSecrets({ body: `Use ${token} and ${token}.` })).toEqual({
      value: { body: 'Use •••••• (hidden) and •••••• (hidden).' },
      count: 2,
    });
    expect(isSecret('body', token)).toBe(true);
    expect(isSecret('body', 'Use a token.')).toBe(false);
  });

  it('keep the keys that JavaScript treats specially', () => {
    const value = JSON.parse('{"__proto__": {"token": "abc"}, "a": 1}');
    expect(JSON.stringify(maskSecrets(value).value)).toBe(
      '{"__proto__":{"token":"•••••• (hidden)"},"a":1}',
    );
  });
});
