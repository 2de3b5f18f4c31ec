import { promises as dns, type LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { SignInError } from './signIn';

/** Where an address leads: out, into the local network, to this machine, or where nobody signs in. */
export type Reach = 'public' | 'private' | 'loopback' | 'forbidden';

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const loopback = blockList('127.0.0.0/8', '::1/128');
const local = blockList(
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
);
// "This host", link-local with the metadata services of clouds, protocol assignments, benchmarks,
// multicast and reserved; of IPv6 also what carries an IPv4 address that a router would unpack.
const forbidden = blockList(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
);

export function reachOf(address: string): Reach {
  const [plain = ''] = address.split('%');
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
  // A `BlockList` knows IPv4 addresses in their IPv6 form, too.
  if (isIP(plain) === 0 || forbidden.check(plain, family)) return 'forbidden';
  if (loopback.check(plain, family)) return 'loopback';
  return local.check(plain, family) ? 'private' : 'public';
}

export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  return isLocalhost(host) || (isIP(host) !== 0 && reachOf(host) === 'loopback');
}

/**
 * Where the metadata of a server may send the gateway. A server on the internet must not make it
 * knock on doors that only this machine or this network can reach, nor one in the network on those
 * of this machine. Its own origin is always allowed: the person configured it.
 */
export class Destinations {
  private readonly own: URL;

  constructor(
    serverUrl: string,
    private readonly resolve: Resolve = (host) => dns.lookup(host, { all: true }),
  ) {
    this.own = new URL(serverUrl);
  }

  /**
   * The addresses of the host of `url`, each of which may be connected to; connecting to others,
   * which a second look-up may give, is the caller's mistake. Rejects with a `SignInError`.
   */
  async addressesOf(url: URL): Promise<readonly LookupAddress[]> {
    const isOwn = url.origin === this.own.origin;
    if (!isOwn && url.protocol !== 'https:' && !isLoopbackHost(url.hostname)) {
      throw refusal('an address that is not encrypted');
    }
    const addresses = await this.lookUp(bare(url.hostname));
    if (isOwn) return addresses;
    const from = await this.ownReach();
    for (const { address } of addresses) {
      const to = reachOf(address);
      if (!mayReach(from, to)) throw refusal(`an address that is ${words[to]}`);
    }
    return addresses;
  }

  private async lookUp(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    return family === 0 ? this.resolve(host) : [{ address: host, family }];
  }

  /** A name other than localhost never stands for this machine: who owns it can point it here. */
  private async ownReach(): Promise<Reach> {
    if (isLoopbackHost(this.own.hostname)) return 'loopback';
    const reaches = (await this.lookUp(bare(this.own.hostname))).map(({ address }) =>
      reachOf(address),
    );
    return reaches.length > 0 && reaches.every((reach) => reach === 'private')
      ? 'private'
      : 'public';
  }
}

const words: Readonly<Record<Reach, string>> = {
  public: 'public',
  private: 'in the local network',
  loopback: 'on this machine',
  forbidden: 'reserved',
};

function mayReach(from: Reach, to: Reach): boolean {
  if (to === 'public') return true;
  if (to === 'private') return from === 'private' || from === 'loopback';
  return to === 'loopback' && from === 'loopback';
}

function refusal(what: string): SignInError {
  return new SignInError(`Its sign-in leads to ${what}, so it was stopped.`);
}

function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Without the brackets of an IPv6 address, and the dot at the end of a full name. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$|\.$/g, '');
}

function blockList(...subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}
