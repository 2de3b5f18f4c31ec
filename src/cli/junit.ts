/** The result of one case, in the terms of JUnit's XML. */
export interface JunitCase {
  readonly name: string;
  readonly line: number;
  /** Absent for a case that passed. */
  readonly failure?: { readonly kind: 'failure' | 'error'; readonly message: string };
}

export interface JunitSuite {
  /** The file that holds the cases. */
  readonly file: string;
  readonly cases: readonly JunitCase[];
}

/** Results as the XML that CI systems read. */
export function junitXml(suites: readonly JunitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const body = suites.map(suiteXml).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="toolgate"${counts(all)}>\n${body}</testsuites>\n`;
}

function suiteXml({ file, cases }: JunitSuite): string {
  const body = cases.map((item) => caseXml(file, item)).join('');
  const path = attribute(file);
  return `  <testsuite name="${path}" file="${path}"${counts(cases)}>\n${body}  </testsuite>\n`;
}

function caseXml(file: string, { name, line, failure }: JunitCase): string {
  const head = `    <testcase name="${attribute(name)}" classname="${attribute(file)}" file="${attribute(file)}" line="${line}"`;
  if (!failure) return `${head}/>\n`;
  const { kind, message } = failure;
  return `${head}>\n      <${kind} message="${attribute(message)}">${escaped(message)}</${kind}>\n    </testcase>\n`;
}

function counts(cases: readonly JunitCase[]): string {
  const of = (kind: string): number => cases.filter(({ failure }) => failure?.kind === kind).length;
  return ` tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}"`;
}

// XML 1.0 has no way to write these, not even as a reference.
const impossible =
  /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(impossible, '').replace(/[&<>"']/g, (letter) => entities[letter]!);
}

/** A reader would make blanks of line ends and tabs in an attribute. */
function attribute(text: string): string {
  return escaped(text).replace(/[\t\n\r]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
