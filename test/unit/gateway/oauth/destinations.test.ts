import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { Destinations, type Reach, reachOf } from '../../../../src/gateway/oauth/destinations';

const names: Readonly<Record<string, readonly string[]>> = {
  'mcp.example': ['93.184.216.34'],
  'login.example': ['93.184.216.35', '2606:2800:220:1::1'],
  'rebound.example': ['127.0.0.1'],
  'half.example': ['93.184.216.36', '169.254.169.254'],
  'inside.example': ['10.1.2.3'],
  'mcp.corp.example': ['10.0.0.5'],
  'sso.corp.example': ['10.0.0.6'],
  localhost: ['127.0.0.1', '::1'],
};

async function resolve(host: string): Promise<readonly LookupAddress[]> {
  const addresses = names[host];
  if (!addresses) throw new Error(`ENOTFOUND ${host}`);
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

const outcome = (from: string, to: string): Promise<string> =>
  new Destinations(from, resolve).addressesOf(new URL(to)).then(
    (addresses) => addresses.map(({ address }) => address).join(' '),
    (error: Error) => error.message,
  );

const reserved = 'Its sign-in leads to an address that is reserved, so it was stopped.';
const thisMachine = 'Its sign-in leads to an address that is on this machine, so it was stopped.';
const network = 'Its sign-in leads to an address that is in the local network, so it was stopped.';
const inClear = 'Its sign-in leads to an address that is not encrypted, so it was stopped.';

describe('an address', () => {
  it.each<[string, Reach]>([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1::1', 'public'],
    ['172.15.0.1', 'public'],
    ['172.32.0.1', 'public'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['169.254.169.254', 'forbidden'],
    ['0.0.0.0', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['::', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['64:ff9b::7f00:1', 'forbidden'],
    ['2002:7f00:1::', 'forbidden'],
    ['no address', 'forbidden'],
  ])('%s is %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach);
  });
});

describe('the metadata of a server', () => {
  it.each([
    ['on the internet', 'https://mcp.example/mcp', 'https://login.example/', /^93\./],
    ['on the internet', 'https://mcp.example/mcp', 'https://mcp.example:8443/', /^93\./],
    ['in clear', 'http://mcp.example/mcp', 'http://mcp.example/.well-known/x', /^93\./],
    ['in the network', 'https://mcp.corp.example/', 'https://sso.corp.example/', /^10\.0\.0\.6$/],
    ['in the network', 'https://10.0.0.5/mcp', 'https://192.168.0.7/', /^192/],
    ['in the network', 'https://mcp.corp.example/', 'https://login.example/', /^93\./],
    ['on this machine', 'http://localhost:3000/mcp', 'http://127.0.0.1:4000/', /^127\.0\.0\.1$/],
    [
      'on this machine',
      'http://127.0.0.1:3000/mcp',
      'http://localhost:4000/',
      /^127\.0\.0\.1 ::1$/,
    ],
    ['on this machine', 'http://127.0.0.1:3000/mcp', 'https://sso.corp.example/', /^10/],
    ['of a cloud', 'http://169.254.169.254/mcp', 'http://169.254.169.254/x', /^169/],
    ['behind its own name', 'https://rebound.example/', 'https://rebound.example/x', /^127/],
  ])('%s may name %s → %s', async (_, from, to, addresses) => {
    expect(await outcome(from, to)).toMatch(addresses);
  });

  it.each([
    ['https://mcp.example/mcp', 'https://169.254.169.254/latest', reserved],
    ['https://mcp.example/mcp', 'http://169.254.169.254/latest', inClear],
    ['https://mcp.example/mcp', 'https://[::ffff:169.254.169.254]/', reserved],
    ['https://mcp.example/mcp', 'https://2852039166/', reserved],
    ['https://mcp.example/mcp', 'https://0xa9.0xfe.0xa9.0xfe/', reserved],
    ['https://mcp.example/mcp', 'https://127.0.0.1:9200/', thisMachine],
    ['https://mcp.example/mcp', 'http://127.0.0.1:9200/', thisMachine],
    ['https://mcp.example/mcp', 'http://localhost:9200/', thisMachine],
    ['https://mcp.example/mcp', 'https://127.1/', thisMachine],
    ['https://mcp.example/mcp', 'https://[::1]/', thisMachine],
    ['https://mcp.example/mcp', 'https://[::ffff:127.0.0.1]/', thisMachine],
    ['https://mcp.example/mcp', 'https://rebound.example/', thisMachine],
    ['https://mcp.example/mcp', 'https://half.example/', reserved],
    ['https://mcp.example/mcp', 'https://inside.example/', network],
    ['https://mcp.example/mcp', 'https://192.168.0.1/', network],
    ['https://mcp.example/mcp', 'http://login.example/', inClear],
    ['https://mcp.corp.example/', 'https://127.0.0.1/', thisMachine],
    // Who owns a name can point it here, so a name does not stand for this machine.
    ['https://rebound.example/', 'https://127.0.0.1:9200/', thisMachine],
    ['https://rebound.example/', 'https://rebound.example:9200/', thisMachine],
    ['http://127.0.0.1:3000/mcp', 'https://169.254.169.254/', reserved],
    ['http://169.254.169.254/mcp', 'https://169.254.169.253/', reserved],
  ])('of %s may not name %s', async (from, to, reason) => {
    expect(await outcome(from, to)).toBe(reason);
  });
});
