import { Lexicon } from './lexicon';

/** A server, as far as names go. */
export interface NamedServer {
  readonly server: string;
  readonly tools: readonly string[];
}

/** Another server's tool. */
export interface Owner {
  readonly server: string;
  readonly tool: string;
}

/**
 * The servers that an agent sees together, prepared for looking their names up. Made once for all
 * the tools that are looked at; it also remembers what words mean.
 */
export class Surroundings {
  readonly lexicon = new Lexicon();
  private readonly byName = new Map<string, Owner[]>();
  private readonly bySkeleton = new Map<string, Owner[]>();
  private readonly byDeletion = new Map<string, Owner[]>();
  private readonly byPattern = new Map<number, Owner[]>();
  private readonly labels = new Map<string, string>();
  private readonly own = new Map<string, Set<string>>();

  constructor(servers: readonly NamedServer[] = []) {
    for (const { server, tools } of servers) {
      this.labels.set(letters(server), server);
      const own = this.own.get(server) ?? new Set();
      this.own.set(server, own);
      for (const tool of tools) {
        if (own.has(tool)) continue;
        own.add(tool);
        const owner = { server, tool };
        push(this.byName, tool, owner);
        push(this.bySkeleton, skeleton(tool), owner);
        push(this.byPattern, tool.length, owner);
        if (tool.length >= shortestAlike) {
          for (const shorter of deletions(tool)) push(this.byDeletion, shorter, owner);
        }
      }
    }
  }

  /** The other servers that have a tool of exactly this name. */
  ownersOf(tool: string, except: string): readonly Owner[] {
    const owners = this.byName.get(tool);
    return owners ? owners.filter(({ server }) => server !== except) : nobody;
  }

  isOwn(tool: string, server: string): boolean {
    return this.own.get(server)?.has(tool) === true;
  }

  /** Whether there are two servers or more. */
  get hasOthers(): boolean {
    return this.own.size > 1;
  }

  /** The other server that has this label, however it is written. */
  labelLike(text: string, except: string): string | undefined {
    const label = this.labels.get(letters(text));
    return label === except ? undefined : label;
  }

  /** Another server's tool whose name a reader would take this one for. */
  lookAlike(tool: string, except: string): Owner | undefined {
    const other = ({ server, tool: name }: Owner): boolean =>
      server !== except && name !== tool && !this.isOwn(name, except);
    if (/[^\x00-\x7F]/.test(tool)) {
      const same = (this.byPattern.get(tool.normalize('NFKC').length) ?? []).filter(other);
      return same.find(({ tool: name }) => fitsExceptForeign(tool.normalize('NFKC'), name));
    }
    const drawn = (this.bySkeleton.get(skeleton(tool)) ?? []).filter(other);
    const misread = drawn.find(({ tool: name }) => name.toLowerCase() !== tool.toLowerCase());
    if (misread || tool.length < shortestAlike) return misread;
    for (const shorter of deletions(tool)) {
      for (const owner of this.byDeletion.get(shorter) ?? []) {
        if (other(owner) && isSlip(tool, owner.tool)) return owner;
      }
    }
    return undefined;
  }
}

const nobody: readonly Owner[] = [];
const shortestAlike = 8;

/** A label by its letters and digits alone. */
export function letters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function push<K>(map: Map<K, Owner[]>, key: K, owner: Owner): void {
  const owners = map.get(key);
  if (owners) owners.push(owner);
  else map.set(key, [owner]);
}

/** A name as it is drawn: letters and digits that look the same are one. */
function skeleton(name: string): string {
  return name
    .toLowerCase()
    .replace(/(?<=\p{L})[1|]|[1|](?=\p{L})|i/gu, 'l')
    .replace(/(?<=\p{L})0|0(?=\p{L})/gu, 'o')
    .replace(/(?<=\p{L})5|5(?=\p{L})/gu, 's')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** A name, and all that it is with one letter less: names that differ by one letter share some. */
function deletions(name: string): readonly string[] {
  const lower = name.toLowerCase();
  const shorter = new Set([lower]);
  for (let at = 0; at < lower.length; at++) shorter.add(lower.slice(0, at) + lower.slice(at + 1));
  return [...shorter];
}

/** Two letters swapped or one doubled: what a reader overlooks, and no honest name differs by. */
function isSlip(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  if (one.length === other.length) {
    const swapped =
      one[start] === other[start + 1] &&
      one[start + 1] === other[start] &&
      one.slice(start + 2) === other.slice(start + 2);
    return swapped && /^[a-z]{2}$/.test(one.slice(start, start + 2));
  }
  const [long, short] = one.length > other.length ? [one, other] : [other, one];
  const letter = long[start] ?? '';
  const isDoubled = letter === long[start - 1] && long.slice(start + 1) === short.slice(start);
  return Math.abs(long.length - short.length) === 1 && isDoubled && letter !== '_';
}

/** Whether names are equal where both are ASCII, and one has a letter of another script elsewhere. */
function fitsExceptForeign(tool: string, name: string): boolean {
  let plain = 0;
  for (let at = 0; at < tool.length; at++) {
    if (tool.charCodeAt(at) > 0x7f) continue;
    if (tool[at] !== name[at]) return false;
    plain++;
  }
  return plain > 0;
}
