import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSqlOf, sqlKinds } from '../../../../src/policy/operators/sql';
import type { Truth } from '../../../../src/policy/operators/truth';

const honest: readonly string[] = [
  'SELECT 1',
  'select * from users;',
  "SELECT id, name FROM users WHERE name = 'O''Brien' AND age >= 18 ORDER BY name LIMIT 10 OFFSET 5",
  'SELECT u.id, o.total FROM users u JOIN orders o ON o.user_id = u.id LEFT JOIN items AS i ON (i.order_id = o.id)',
  'WITH recent AS (SELECT * FROM orders WHERE total > 10), big AS (SELECT * FROM recent) SELECT count(*) FROM big',
  'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10) SELECT x FROM n',
  'SELECT * FROM t WHERE id IN (SELECT id FROM u WHERE NOT EXISTS (SELECT 1 FROM v WHERE v.id = u.id))',
  'SELECT name, row_number() OVER (PARTITION BY team ORDER BY score DESC) AS place FROM players',
  "SELECT CASE WHEN a > 1 THEN 'x' WHEN a = 0 THEN NULL ELSE 'y' END AS label FROM t",
  "SELECT 'it''s; DROP TABLE x' AS note",
  'SELECT a -- the first\nFROM t -- the table\nWHERE a = 1',
  "/* DELETE what? it's a report */ SELECT a FROM t /* done; */ ;",
  'SELECT update_time, created_at, is_deleted FROM t WHERE drop_count = 0',
  'SELECT "delete", "update time" FROM "grant" WHERE "into" = 1',
  'SELECT t.update, t.delete, s.set FROM t JOIN s ON s.id = t.into',
  'SELECT `order`, `delete` FROM `my-project.data.table`',
  'SELECT [delete], [Order Id] FROM [dbo].[drop]',
  'SELECT open, high, low, close FROM prices WHERE close > open ORDER BY close',
  "SELECT replace(name, '''', '') FROM t",
  'SELECT truncate(price, 2) FROM t',
  "SELECT data->>'name' FROM t",
  'SELECT tags[1], array_agg(x ORDER BY x) FILTER (WHERE x > 1) FROM t GROUP BY tags[1] HAVING count(*) > 1',
  "SELECT x::numeric(10, 2), created::date FROM t WHERE data @> '[1]'",
  'SELECT * FROM t WHERE id = $1 AND b = ? AND c = :c AND d = @d',
  'SELECT TOP 10 * FROM dbo.users WITH (NOLOCK)',
  'SELECT * FROM t ORDER BY a OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY',
  'SELECT * FROM t USE INDEX (by_name) WHERE a = 1',
  "SELECT EXTRACT(year FROM date '2024-01-01'), trim(both 'x' FROM 'xxhixx'), N'ü', x'41'",
  'SELECT a IS DISTINCT FROM 1, 1e5, 0xFF, .5, 3.14 FROM t',
  '(SELECT a FROM t) UNION ALL (SELECT b FROM u) EXCEPT SELECT 3',
  'SELECT 1; SELECT 2;;',
  "SELECT größe FROM städte WHERE name LIKE '%münchen%' OR name = '東京'",
  "SELECT 'a\\d+' FROM t WHERE path = 'C:\\temp' OR x = 'ends\\\\'",
  'SELECT a,\n\n  b\n\nFROM t\r\nWHERE c <> 1 AND d != 2\n',
  "SELECT table_name, pg_size_pretty(pg_total_relation_size('t')) FROM information_schema.tables",
  'EXPLAIN SELECT * FROM t',
  'EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t',
  'EXPLAIN QUERY PLAN SELECT * FROM t',
];

type Row = readonly [sql: string, truth: Truth, reason: string];

/** Judged for ['select']. */
const hostile: readonly Row[] = [
  ['', false, 'nothing'],
  [' \n ; ;', false, 'no statement'],
  ['-- SELECT 1', false, 'only a comment'],
  ['/* SELECT 1 */', false, 'only a comment'],
  ['DROP TABLE x', false, 'another kind'],
  ['SELECT 1; DROP TABLE x', undefined, 'a second statement'],
  ['SELECT 1;\n--\nDELETE FROM x', undefined, 'a second statement after a comment'],
  ['SELECT 1 DROP TABLE x', undefined, 'no separator in SQL Server'],
  ['SELECT 1\nDROP TABLE x', undefined, 'no separator in SQL Server'],
  ["SELECT 'a'DROP TABLE x", undefined, 'no space either'],
  ['SELECT(1)DROP TABLE x', undefined, 'no space either'],
  ['SELECT 1DROP TABLE x', undefined, 'a number that runs into a word'],
  ['SELECT 1.DROP TABLE x', undefined, 'a number that ends in a dot'],
  ['SELECT 1e DROP TABLE x', undefined, '1e is a number in SQL Server'],
  ["SELECT 1 EXEC xp_cmdshell 'id'", undefined, 'a procedure without a separator'],
  ['SELECT 1 SHUTDOWN', undefined, 'a statement of one word'],
  ["SELECT 1 WAITFOR DELAY '1:00'", undefined, 'waits'],
  ['SELECT * INTO y FROM x', undefined, 'creates a table'],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", undefined, 'writes a file'],
  ["SELECT 1 INTO DUMPFILE '/tmp/x'", undefined, 'writes a file'],
  ['SELECT 1 INTO @x', undefined, 'writes a variable'],
  ['SELECT @x := 1', undefined, 'assigns'],
  ['SELECT * FROM t FOR UPDATE', undefined, 'locks'],
  ['SELECT * FROM t FOR NO KEY UPDATE', undefined, 'locks'],
  ['SELECT * FROM t FOR SHARE', undefined, 'locks'],
  ['SELECT * FROM t LOCK IN SHARE MODE', undefined, 'locks'],
  ['WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d', undefined, 'modifying WITH'],
  ['WITH d AS (SELECT 1) DELETE FROM t', false, 'the statement after WITH'],
  ['WITH d AS MATERIALIZED (UPDATE t SET a = 1) SELECT 1', undefined, 'modifying WITH'],
  [
    'WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual',
    undefined,
    'PL/SQL in WITH',
  ],
  ['EXPLAIN ANALYZE DELETE FROM t', false, 'EXPLAIN ANALYZE runs it'],
  ['EXPLAIN DELETE FROM t', false, 'counts by the statement'],
  ['EXPLAIN (ANALYZE) WITH d AS (DELETE FROM t RETURNING 1) SELECT 1', undefined, 'runs it'],
  ['EXPLAIN PLAN FOR SELECT 1 FROM dual', undefined, 'writes a table in Oracle'],
  ['ANALYZE DELETE FROM t', undefined, 'runs it in MariaDB'],
  ['SHOW TABLES', false, 'a kind of its own'],
  ['DESCRIBE t', false, 'a kind of its own'],
  ['VALUES (1)', undefined, 'not said by any kind'],
  ['TABLE t', undefined, 'not said by any kind'],
  ['FROM t', undefined, 'a query in DuckDB only'],
  ["COPY t TO PROGRAM 'id'", undefined, 'runs a program'],
  ['CALL p()', undefined, 'runs what cannot be seen'],
  ["EXEC ('DROP TABLE x')", undefined, 'runs what cannot be seen'],
  ['DO $$ BEGIN DELETE FROM t; END $$', undefined, 'a block'],
  ['SET STATEMENT max_statement_time=1 FOR DROP TABLE x', undefined, 'SET that runs (MariaDB)'],
  ['PRAGMA writable_schema = 1', false, 'another kind'],
  ["ATTACH 'x.db' AS y", false, 'another kind'],
  ['VACUUM', false, 'another kind'],
  ["LOAD DATA INFILE '/etc/passwd' INTO TABLE t", undefined, 'not a kind'],
  ['HANDLER t OPEN', undefined, 'not a kind'],
  ['UPSERT INTO t VALUES (1)', undefined, 'not a kind'],
  ['BEGIN; SELECT 1; COMMIT', undefined, 'transactions are kinds of their own'],
  ['BEGIN DELETE FROM t; END', undefined, 'a block'],
  ["SELECT 1\nGO\nSELECT 'x'", undefined, 'a batch separator'],
  ["SELECT '\nGO\nDROP TABLE x\nGO\n'", undefined, 'a batch separator inside a string'],
  ['SELECT 1 /*\nGO\nDROP TABLE x */', undefined, 'a batch separator inside a comment'],
  ["SELECT '\n/\nDROP TABLE x", undefined, 'a slash on its own line'],
  ['DELIMITER //\nSELECT 1', undefined, 'a client command'],
  ['SELECT 1 \\! id', undefined, 'a client command'],
  ["SELECT '\n\\! id\n'", undefined, 'a client command inside a string'],
  ['SELECT 1;\n.shell id', undefined, 'a command of the SQLite shell'],
  ['SELECT 1 FROM\n\nHOST id', undefined, 'SQL*Plus ends a statement at an empty line'],
  ["SELECT '\n!! id\n'", undefined, 'sqlcmd runs a program'],
  ['SELECT 1 /*!50000 ; DROP TABLE x */', undefined, 'MySQL runs the comment'],
  ['SELECT 1 /*! INTO OUTFILE 1 */', undefined, 'MySQL runs the comment'],
  ['SELECT 1 /*M!100100 INTO OUTFILE 1 */', undefined, 'MariaDB runs the comment'],
  ['SELECT /*+ SET_VAR(sql_mode=1) */ 1', undefined, 'a hint sets a variable'],
  ['SELECT 1 /* /* */ ; DROP TABLE x -- */', undefined, 'nested comments'],
  ['SELECT 1 /* /*/ ; DROP TABLE x -- */', undefined, 'overlapping comment marks'],
  ['SELECT 1 /* open', undefined, 'unterminated'],
  ['SELECT 1 */ 2', undefined, 'the end of no comment'],
  ['SELECT 1 --1\n; DROP TABLE x', undefined, 'two minus signs in MySQL'],
  ['SELECT 1 -- a\rDROP TABLE x', undefined, 'a line that ends for some'],
  ['SELECT 1 # a\n', undefined, 'a comment in MySQL only'],
  ['SELECT 1 // a\n', undefined, 'a comment in Snowflake only'],
  ["SELECT $$ ' $$; DROP TABLE x; -- '", undefined, 'dollar quotes'],
  ["SELECT $a$ ' $a$, 1", undefined, 'dollar quotes'],
  ["SELECT 'a\\'; DROP TABLE x; -- '", undefined, 'a backslash before the quote'],
  ["SELECT E'a\\' ; DROP TABLE x; -- '", undefined, 'a backslash before the quote'],
  ['SELECT "a\\"; DROP TABLE x; -- "', undefined, 'a backslash before the quote'],
  ["SELECT '''a', b, '''; DROP TABLE x; --'", undefined, 'three quotes in BigQuery'],
  ["SELECT 'a''''b', '''; DROP TABLE x; --'", undefined, 'three quotes inside'],
  ["SELECT q'[ ' ]'; DROP TABLE x; -- '", undefined, 'a quote of Oracle'],
  ["SELECT nq'( ' )'", undefined, 'a quote of Oracle'],
  ['SELECT U&"\\0070g_sleep"(1)', undefined, 'a name spelled by number'],
  ["SELECT ['a]; DROP TABLE x; --']", undefined, 'a bracket is a name or an array'],
  ['SELECT ` ; DROP TABLE x; -- `', undefined, 'a backtick is a quote or an operator'],
  ["SELECT :a('),1;DROP TABLE x;--')", undefined, 'a parameter of SQLite'],
  ["SELECT * FROM @s/x'y ; DROP TABLE x; -- '", undefined, 'a path of Snowflake'],
  ['SELECT 1 ->> PURGE x', undefined, 'a chain of Snowflake'],
  ['FROM t |> SELECT a', undefined, 'a pipe of BigQuery'],
  ["SELECT 'open", undefined, 'unterminated'],
  ['SELECT "open', undefined, 'unterminated'],
  ['SELECT (1; DROP TABLE x)', undefined, 'parentheses do not match'],
  ['SELECT 1)', undefined, 'parentheses do not match'],
  ['SELECT 1\0; DROP TABLE x', undefined, 'NUL'],
  ["SELECT 'a\0'", undefined, 'NUL in a string'],
  ['SELECT\u00a01', undefined, 'a space for some'],
  ['\ufeffSELECT 1', undefined, 'a byte-order mark'],
  ['SELECT 1\u037e DROP TABLE x', undefined, 'a Greek question mark'],
  ['SELECT 1\uff1b DROP TABLE x', undefined, 'a wide semicolon'],
  ["SELECT '\u02bc; DROP TABLE x --'", undefined, 'almost a quote'],
  ["SELECT '中\\\\'", undefined, 'a backslash swallowed in GBK'],
  ['\u017felect 1', undefined, 'a long s'],
  ['SELECT 1 ＤＲＯＰ TABLE x', undefined, 'wide letters'],
  ["SELECT pg_read_file('/etc/passwd')", undefined, 'reads a file'],
  ['SELECT pg_catalog . "pg_sleep" /**/ (10)', undefined, 'waits'],
  ["SELECT lo_import('/etc/passwd')", undefined, 'reads a file'],
  ["SELECT * FROM dblink('x', 'DROP TABLE x')", undefined, 'runs a string'],
  ["SELECT query_to_xml('DELETE FROM t', true, true, '')", undefined, 'runs a string'],
  ["SELECT load_extension('x')", undefined, 'runs code'],
  ["SELECT load_file('/etc/passwd')", undefined, 'reads a file'],
  ["SELECT setval('s', 1), nextval('s')", undefined, 'moves a sequence'],
  ['SELECT s.nextval FROM dual', undefined, 'moves a sequence'],
  ['SELECT NEXT VALUE FOR s', undefined, 'moves a sequence'],
  ["SELECT utl_http.request('http://x') FROM dual", undefined, 'reaches a host'],
  ["SELECT dbms_xmlgen.getxml('x') FROM dual", undefined, 'runs a string'],
  ["SELECT * FROM OPENROWSET('x', 'y', 'z')", undefined, 'reaches a host'],
  ["SELECT * FROM '/etc/passwd'", undefined, 'reads a file in DuckDB'],
  ["SELECT * FROM read_csv('/etc/passwd')", undefined, 'reads a file'],
  ['SELECT 1 AS x, DROP TABLE y', undefined, 'a statement word'],
  ['SELECT t. DROP TABLE x', undefined, 'a statement word apart from the dot'],
  ['{call p()}', undefined, 'an escape of ODBC'],
];

const others: readonly (readonly [string, readonly string[], Truth, string])[] = [
  ['INSERT INTO t (a) VALUES (1), (2)', ['insert'], true, 'the kind'],
  ['INSERT INTO t SELECT * FROM u', ['insert'], true, 'a query belongs to it'],
  ['INSERT INTO t VALUES (1) SELECT 2', ['insert'], undefined, 'a query does not belong to it'],
  ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', ['insert'], true, 'the kind'],
  [
    'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2',
    ['insert'],
    undefined,
    'updates as well',
  ],
  [
    'INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2',
    ['insert', 'update'],
    true,
    'both are listed',
  ],
  ['INSERT OR REPLACE INTO t VALUES (1)', ['insert'], true, 'the kind'],
  ['REPLACE INTO t VALUES (1)', ['insert'], false, 'a kind of its own'],
  ['UPDATE t SET a = 1, b = (SELECT 2) WHERE c = 3', ['update'], true, 'the kind'],
  ['UPDATE t SET a = 1 SET ROWCOUNT 5', ['update'], undefined, 'a second SET'],
  ['UPDATE STATISTICS t SET ROWCOUNT 5', ['update'], undefined, 'SET is a statement of its own'],
  ['UPDATE t SET a = 1 SELECT 2', ['update'], undefined, 'a query does not belong to it'],
  ['DELETE FROM t WHERE a IN (SELECT 1)', ['delete'], true, 'the kind'],
  ['DELETE FROM t DROP TABLE x', ['delete'], undefined, 'no separator in SQL Server'],
  [
    'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1);',
    ['merge'],
    true,
    'its actions belong to it',
  ],
  [
    'WITH d AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM d',
    ['insert', 'delete'],
    true,
    'both are listed',
  ],
  [
    'WITH d AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM d',
    ['insert'],
    undefined,
    'one is not listed',
  ],
  ['SELECT 1; INSERT INTO t VALUES (1)', ['select', 'insert'], true, 'both are listed'],
  ['BEGIN; UPDATE t SET a = 1; COMMIT;', ['begin', 'update', 'commit'], true, 'all are listed'],
  ['START TRANSACTION READ ONLY; ROLLBACK', ['begin', 'rollback'], true, 'all are listed'],
  ['BEGIN DROP TABLE x; END', ['drop'], undefined, 'a block'],
  [
    'CREATE TABLE IF NOT EXISTS t (a int REFERENCES u ON DELETE CASCADE ON UPDATE SET NULL)',
    ['create'],
    true,
    'actions belong to it',
  ],
  ['CREATE TABLE t (a int) DROP TABLE x', ['create'], undefined, 'no separator in SQL Server'],
  ['CREATE VIEW v AS SELECT a FROM t', ['create'], true, 'the kind'],
  [
    'CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END',
    ['create'],
    undefined,
    'holds statements',
  ],
  ['ALTER TABLE t ADD COLUMN a int, DROP COLUMN b', ['alter'], true, 'the kind'],
  ['ALTER TABLE t ADD a int DROP TABLE x', ['alter'], undefined, 'no separator in SQL Server'],
  ['DROP TABLE IF EXISTS t CASCADE', ['drop'], true, 'the kind'],
  ['TRUNCATE TABLE t', ['truncate'], true, 'the kind'],
  ['GRANT SELECT, INSERT, UPDATE ON t TO u WITH GRANT OPTION', ['grant'], true, 'the kind'],
  ['GRANT SELECT ON t TO u DROP TABLE x', ['grant'], undefined, 'no separator in SQL Server'],
  ['REVOKE ALL ON t FROM u', ['revoke'], true, 'the kind'],
  ['SHOW CREATE TABLE t', ['show'], true, 'the kind'],
  ['SHOW DROP TABLE t', ['show'], undefined, 'a procedure and a statement in SQL Server'],
  ['SHOW CREATE DATABASE t', ['show'], undefined, 'a procedure and a statement in SQL Server'],
  ['DESC dbo.users', ['describe'], true, 'the kind'],
  ['DESCRIBE t', ['select'], false, 'another kind'],
  ['EXPLAIN DELETE FROM t', ['describe'], false, 'counts by the statement'],
  ['SELECT 1', [], false, 'nothing is listed'],
];

describe('sql', () => {
  it.each(honest)('takes for a query: %s', (sql) => {
    expect(isSqlOf(sql, ['select'])).toBe(true);
    expect(isSqlOf(sql, ['insert', 'drop'])).toBe(false);
  });

  it.each(hostile)('%j is %s as a query: %s', (sql, truth) => {
    expect(isSqlOf(sql, ['select'])).toBe(truth);
  });

  it.each(others)('%s of %j is %s: %s', (sql, kinds, truth) => {
    expect(isSqlOf(sql, kinds)).toBe(truth);
  });

  it('never throws', () => {
    const piece = fc.oneof(
      fc.constantFrom(...`' " \` [ ] ( ) ; -- /* */ $$ # \\ @ : . , -- \n`.split(' ')),
      fc.constantFrom(...sqlKinds, 'with', 'as', 'into', 'explain', 'from', 'set', ' ', '\n'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect([true, false, undefined]).toContain(isSqlOf(pieces.join(' '), ['select']));
        expect([true, false, undefined]).toContain(isSqlOf(pieces.join(''), sqlKinds));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nested parentheses', `SELECT ${'('.repeat(50_000)}${')'.repeat(50_000)}`],
    ['open parentheses', '('.repeat(100_000)],
    ['operators', `SELECT 1${'+1'.repeat(50_000)}`],
    ['minus signs', `SELECT ${'- '.repeat(50_000)}1`],
    ['quotes', `SELECT ${"'".repeat(100_000)}`],
    ['triple quotes', `SELECT ${"''' ".repeat(25_000)}`],
    ['backslashes', `SELECT '${'\\'.repeat(100_000)}'`],
    ['backslashes and quotes', `SELECT '${"\\\\''".repeat(25_000)}'`],
    ['lines', '\n'.repeat(100_000)],
    ['spaces', `${' '.repeat(100_000)}x`],
    ['comments', '/**/'.repeat(25_000)],
    ['open comments', '/*'.repeat(50_000)],
    ['line comments', '-- \n'.repeat(25_000)],
    ['brackets', `SELECT ${'[a'.repeat(50_000)}`],
    ['backticks', `SELECT \`${'a'.repeat(100_000)}`],
    ['digits', `SELECT ${'1'.repeat(100_000)}a`],
    ['a long word', `SELECT ${'pg_'.repeat(33_000)}(1)`],
    ['colons', `SELECT ${':'.repeat(100_000)}(`],
    ['parameters', `SELECT ${':a'.repeat(50_000)}(`],
    ['statements', 'SELECT 1;'.repeat(11_000)],
    ['EXPLAIN', 'EXPLAIN '.repeat(12_000)],
    ['WITH', 'WITH a AS (SELECT 1) '.repeat(5_000)],
    ['GO', `go${' '.repeat(100_000)}x`],
  ])('reads 100 kB of %s in time', (_, sql) => {
    const start = performance.now();
    isSqlOf(sql, ['select']);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  /** Where the characters of a string, a quoted name or a comment are, which may hold anything. */
  function quoted(sql: string): ReadonlySet<number> {
    const inside = new Set<number>();
    for (const match of sql.matchAll(
      /'(?:[^']|'')*'|["`][^"`]*["`]|\[[^\]]*\]|\/\*[\s\S]*?\*\/|--[^\n]*/g,
    )) {
      for (let at = match.index + 1; at < match.index + match[0].length; at++) inside.add(at);
      if (match[0].startsWith('--')) inside.add(match.index + match[0].length);
    }
    return inside;
  }

  it.each(honest)('sees what is put anywhere into: %s', (sql) => {
    const inside = quoted(sql);
    for (let at = 0; at <= sql.length; at++) {
      const put = (text: string): Truth =>
        isSqlOf(`${sql.slice(0, at)}${text}${sql.slice(at)}`, ['select']);
      if (inside.has(at)) continue;
      for (const text of [
        '; DROP TABLE x',
        ' ; DROP TABLE x; ',
        '\n DROP TABLE x',
        ' DROP TABLE x ',
        ' INTO y ',
        '/*!50000 DROP TABLE x*/',
        "'; DROP TABLE x --",
        "\\'; DROP TABLE x --",
      ]) {
        expect(put(text), `${text} at ${at}`).not.toBe(true);
      }
    }
  });

  it.each(honest.filter((sql) => /'[^']/.test(sql)))('sees strings that are left in: %s', (sql) => {
    for (const match of sql.matchAll(/'(?:[^']|'')*'/g)) {
      for (let at = match.index + 1; at < match.index + match[0].length; at++) {
        // Between the two of a doubled quote, the new one makes a pair.
        if (sql[at] === "'" || sql[at - 1] === "'") continue;
        const broken = `${sql.slice(0, at)}'; DROP TABLE x -- ${sql.slice(at)}`;
        expect(isSqlOf(broken, ['select']), broken).not.toBe(true);
      }
    }
  });

  it('takes any text in a string, its quotes doubled', () => {
    // Without quotes at the beginning or in a row, which may be the triple quotes of BigQuery.
    const text = fc
      .array(
        fc.oneof(
          fc.string({ unit: fc.constantFrom(...` ;-/*#"\`[]()$@:.,xDROPTABLE é東`) }),
          fc.constantFrom(' ; DROP TABLE x -- ', '/*! x */', "O'Brien", ' UNION SELECT '),
        ),
      )
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(text, (value) => {
        const sql = `SELECT a FROM t WHERE b = 'x${value.replaceAll("'", "''")}' AND c = 1`;
        expect(isSqlOf(sql, ['select'])).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
