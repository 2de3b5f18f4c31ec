import { allOf, not, type Truth } from './truth';

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

// Beyond it, systems refuse the path, and the work of judging it is bounded.
const longestPath = 4096;

// What a reader may drop, reorder or turn into a separator, a dot, a percent sign or a tilde.
const unclearCharacter =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2024-\u2026\u2028\u2029\u2044\u2215\u2216\u29f5\u29f8\ufe52\ufe55\ufe68\ufe6a\uff05\uff0e\uff0f\uff1a\uff3c\uff5e\u00a5\u20a9]/u;
// Readers trim values, take off quotes, and replace variables.
const unclearStart = /^[\s"'`$]|[\s"'`]$/;
const encoded = /%[0-9a-f]{2}/i;

// Each process sees itself behind these.
const magicPath = /^\/(?:proc\/(?:self|thread-self|\d+)|dev\/(?:fd|std(?:in|out|err))|\.vol)(?:\/|$)/;

// Windows finds these somewhere else than their name says: devices, and short names for long ones;
// it also drops dots and spaces at the end of a name, and reads what follows a colon as a stream.
const windowsUnclearName =
  /[<>"|?*:]|[. ]$|^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)|~\d/i;

/**
 * Whether a path is a folder or lies inside it, after `..`, `~`, `file://`, percent-encoding and
 * links are resolved. Readers differ in what of this they do, and in which order: it holds where
 * the path lies inside for each of them, fails where it does for none, and is unclear in between.
 */
export function isUnder(path: string, base: string, facts: PathFacts): Truth {
  try {
    const bases = basePlaces(base, facts);
    return combined(
      textsOf(path, facts).map((text) => isTextUnder(text, bases, facts)),
    );
  } catch (error) {
    if (error instanceof Unclear) return undefined;
    throw error;
  }
}

/** Ends the judgement: a reader may see any path. */
class Unclear extends Error {}

function combined(truths: readonly Truth[]): Truth {
  const every = allOf(truths);
  return every === true ? true : not(anyReading(truths));
}

// False only if no reading lies inside.
function anyReading(truths: readonly Truth[]): Truth {
  return truths.every((truth) => truth === false) ? true : undefined;
}
