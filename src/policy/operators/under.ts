import { allOf, anyOf, type Truth } from './truth';

/** What paths mean on this machine. */
export interface PathFacts {
  readonly platform: 'posix' | 'windows';
  readonly caseInsensitive: boolean;
  /** Relative paths begin here; without it, they cannot be judged. */
  readonly workspaceFolder: string | undefined;
  readonly homedir: string;
  /**
   * The canonical path of what is at this path, `undefined` if nothing is. Throws if something is
   * there that cannot be followed (a link to nothing, a loop, a folder that may not be read):
   * writing through such a link creates a file that no check has seen.
   */
  realpath?(path: string): string | undefined;
}

/** An absolute path, cut into names. */
interface Place {
  /** Of Windows, the drive; else nothing. */
  readonly root: string;
  readonly names: readonly string[];
}

// Systems refuse longer paths. Of each name the file system may be asked, hence so few.
const longestPath = 4096;
const mostNames = 256;

// What a reader may drop, or turn into a separator, a dot, a colon, a percent sign or a tilde.
const unclearCharacter =
  /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Cf}\u00a5\u2024-\u2026\u2028\u2029\u2044\u20a9\u2215\u2216\u29f5\u29f8\ufe52\ufe55\ufe68\ufe6a\uff05\uff0e\uff0f\uff1a\uff3c\uff5e]/u;
// Readers trim values, take off quotes and put in variables.
const unclearEdge = /^(?:[\s"'`]|\$[A-Z_{(])|[\s"'`]$/;
const unclearEncoding = /%u[0-9a-f]{4}/i;
const encoded = /%[0-9a-f]{2}/i;
const windowsVariable = /%[a-z_][^%\\/]*%/i;

// Each process sees something of its own there, or the whole disk once more.
const magicPath =
  /^\/(?:proc\/(?:self|thread-self|\d+)|dev\/(?:fd|std(?:in|out|err))|\.(?:vol|nofollow|resolve)|system\/volumes\/data)(?:\/|$)/i;

// Not what they say: devices, streams of a file, wildcards, short names of long ones, and names
// whose dots and spaces at the end are dropped.
const unclearWindowsName =
  /[<>"|?*:]|[. ]$|~\d|^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/**
 * Whether a path is a folder or lies inside it, after `..`, `~`, `file://`, percent-encoding and
 * links are resolved. Readers differ in which of these they resolve, and in what order. It holds
 * if the path lies inside for every reader, and fails if it does for none.
 */
export function isUnder(path: string, base: string, facts: PathFacts): Truth {
  try {
    const bases = basePlaces(base, facts);
    return agreed(textsOf(path, facts).map((text) => isTextUnder(text, bases, facts)));
  } catch (error) {
    if (error instanceof Unclear) return undefined;
    throw error;
  }
}

/** Ends the judgement: what a reader makes of the path cannot be told. */
class Unclear extends Error {}

function agreed(readings: readonly Truth[]): Truth {
  const [first] = readings;
  return readings.every((reading) => reading === first) ? first : undefined;
}

/** The texts that different readers see in a value: encoded or not, with either slash. */
function textsOf(path: string, facts: PathFacts): readonly string[] {
  const texts = [path];
  if (encoded.test(path)) {
    const decoded = decode(path);
    // Encoded twice: some reader decodes twice.
    if (encoded.test(decoded)) throw new Unclear();
    texts.push(decoded);
  }
  for (const text of texts) {
    if (text === '' || text.length > longestPath) throw new Unclear();
    if (unclearCharacter.test(text) || unclearEdge.test(text)) throw new Unclear();
    if (unclearEncoding.test(text)) throw new Unclear();
    if (facts.platform === 'windows' && windowsVariable.test(text)) throw new Unclear();
    if (text.includes('$') && climbs(text)) throw new Unclear();
  }
  if (facts.platform === 'windows') return texts;
  const slashed = texts.filter((text) => text.includes('\\'));
  return [...texts, ...slashed.map((text) => text.replaceAll('\\', '/'))];
}

function decode(text: string): string {
  // Checked before as well: the time that decoding takes is bounded by it.
  if (text.length > longestPath) throw new Unclear();
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8: lenient readers take `%c0%ae` for a dot.
    throw new Unclear();
  }
}

function isTextUnder(text: string, bases: readonly Place[], facts: PathFacts): Truth {
  const truth = isPlaceUnder(placeOf(text, facts), bases, facts);
  if (!/^(?:~|file:)/i.test(text)) return truth;

  // A reader that knows neither takes the text for a relative path, into a folder named `~` or
  // `file:`. There is none, unless someone made it, or `..` leads out of it.
  const workspace = facts.workspaceFolder;
  if (workspace === undefined || isWindowsUrl(text, facts)) {
    if (climbs(text)) throw new Unclear();
    return truth;
  }
  const folder = absolute(workspace, facts);
  const names = namesOf(text, facts);
  const literal = isPlaceUnder(append(folder, names), bases, facts);
  const known = facts.realpath !== undefined && exists(append(folder, names.slice(0, 1)), facts);
  return truth === true && !known && !climbs(text) ? true : agreed([truth, literal]);
}

// A colon is not part of any name there.
function isWindowsUrl(text: string, facts: PathFacts): boolean {
  return facts.platform === 'windows' && !text.startsWith('~');
}

function climbs(text: string): boolean {
  return /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(text);
}

// --- From texts to places ---

/** Where a text leads: `~`, `file://` and relative paths made absolute, `..` still there. */
function placeOf(text: string, facts: PathFacts): Place {
  let path = text;
  if (/^file:/i.test(text)) {
    // Of a host, a query or a fragment, readers make different things.
    if (!/^file:\/\/\/(?!\/)[^?#\\]*$/i.test(text)) throw new Unclear();
    path = text.slice(facts.platform === 'windows' ? 'file:///'.length : 'file://'.length);
    if (!isAbsolute(path, facts)) throw new Unclear();
  }
  if (path.startsWith('~')) {
    const rest = path.slice(1);
    if (rest !== '' && !isSeparator(rest[0], facts)) throw new Unclear();
    return checked(append(absolute(facts.homedir, facts), namesOf(rest, facts)), facts);
  }
  if (isAbsolute(path, facts)) return checked(absolute(path, facts), facts);
  // Another scheme, another system's path, or relative to something unknown.
  if (/^[a-z][a-z0-9+.-]*:[/\\]/i.test(path)) throw new Unclear();
  if (facts.platform === 'windows' && /^(?:[\\/]|[a-z]:)/i.test(path)) throw new Unclear();
  if (facts.workspaceFolder === undefined) throw new Unclear();
  return checked(append(absolute(facts.workspaceFolder, facts), namesOf(path, facts)), facts);
}

function isSeparator(letter: string | undefined, facts: PathFacts): boolean {
  return letter === '/' || (letter === '\\' && facts.platform === 'windows');
}

function isAbsolute(path: string, facts: PathFacts): boolean {
  return facts.platform === 'windows' ? /^[a-z]:[\\/]/i.test(path) : path.startsWith('/');
}

function absolute(path: string, facts: PathFacts): Place {
  // Two slashes at the start are a share for some.
  if (!isAbsolute(path, facts) || /^\/\/(?!\/)/.test(path)) throw new Unclear();
  const root = facts.platform === 'windows' ? path.slice(0, 2).toLowerCase() : '';
  return { root, names: namesOf(path.slice(root.length), facts) };
}

function namesOf(path: string, facts: PathFacts): readonly string[] {
  return path
    .split(facts.platform === 'windows' ? /[\\/]/ : '/')
    .filter((name) => name !== '' && name !== '.');
}

function append(place: Place, names: readonly string[]): Place {
  return { root: place.root, names: [...place.names, ...names] };
}

function checked(place: Place, facts: PathFacts): Place {
  if (place.names.length > mostNames) throw new Unclear();
  if (facts.platform === 'windows') {
    const unclear = place.names.some((name) => name !== '..' && unclearWindowsName.test(name));
    if (unclear) throw new Unclear();
  } else if (magicPath.test(pathOf(withoutClimbing(place), facts))) {
    throw new Unclear();
  }
  return place;
}

function pathOf(place: Place, facts: PathFacts): string {
  const separator = facts.platform === 'windows' ? '\\' : '/';
  return `${place.root}${separator}${place.names.join(separator)}`;
}

// --- From places to where they really are ---

function basePlaces(base: string, facts: PathFacts): readonly Place[] {
  return realPlaces(withoutClimbing(placeOf(base, facts)), facts);
}

function isPlaceUnder(place: Place, bases: readonly Place[], facts: PathFacts): Truth {
  const lexical = withoutClimbing(place);
  const climbing = lexical.names.length !== place.names.length;
  const places = [
    ...realPlaces(lexical, facts),
    // A library takes `link/..` away, the system goes where the link leads and up from there.
    ...(climbing && facts.realpath !== undefined ? realPlaces(place, facts) : []),
  ];
  return agreed(
    places.map((candidate) => anyOf(bases.map((base) => isInside(candidate, base, facts)))),
  );
}

function withoutClimbing(place: Place): Place {
  const names: string[] = [];
  for (const name of place.names) {
    if (name === '..') names.pop();
    else names.push(name);
  }
  return { root: place.root, names };
}

/**
 * Where the existing part of a path really is, with the last link followed, as for reading, and
 * not followed, as for removing it.
 */
function realPlaces(place: Place, facts: PathFacts): readonly Place[] {
  if (facts.realpath === undefined) return [place];
  let current: Place = { root: place.root, names: [] };
  let unfollowed = current;
  // How many of the latest names are not there: nothing below them is.
  let missing = 0;
  for (const name of place.names) {
    if (name === '..') {
      current = { root: current.root, names: current.names.slice(0, -1) };
      unfollowed = current;
      missing = Math.max(0, missing - 1);
      continue;
    }
    unfollowed = append(current, [name]);
    const real = missing > 0 ? undefined : realPlace(unfollowed, facts);
    if (real === undefined) missing++;
    current = real ?? unfollowed;
  }
  return [current, unfollowed];
}

function exists(place: Place, facts: PathFacts): boolean {
  return realPlace(place, facts) !== undefined;
}

function realPlace(place: Place, facts: PathFacts): Place | undefined {
  let real: string | undefined;
  try {
    real = facts.realpath?.(pathOf(place, facts));
  } catch {
    throw new Unclear();
  }
  return real === undefined ? undefined : absolute(real, facts);
}

function isInside(place: Place, base: Place, facts: PathFacts): Truth {
  if (place.root !== base.root || place.names.length < base.names.length) return false;
  return allOf(base.names.map((name, index) => isSameName(name, place.names[index] ?? '', facts)));
}

function isSameName(left: string, right: string, facts: PathFacts): Truth {
  if (left === right) return true;
  if (!facts.caseInsensitive) return false;
  if (lowerAscii(left) === lowerAscii(right)) return true;
  // Systems do not agree about which further letters are the same.
  return folded(left) === folded(right) ? undefined : false;
}

function lowerAscii(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
