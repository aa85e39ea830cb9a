// `npm run parity`: any file of rows in the catalogue's form, on either mode.
//
//   npm run parity -- [--rows FILE] [--mode portable|native] [-k REGEX] [--json]
//
// --json prints one {id, mode, pass, stdout, exit} a line; a row that cannot run here has `skipped` with the reason.

import {parseArgs} from 'node:util';
import {createRuntime, type Runtime} from '../../src/index.ts';
import {passes, type Row, readRows} from './row.ts';
import {missing, type Outcome, runRow} from './setup.ts';

const options = read(process.argv.slice(2));
const rows = load().filter(row => options.filter.test(`${row.id} ${row.area} ${row.title}`));
if (rows.length === 0) stop('no row matches');
const runtime = await open();
const counts = {passed: 0, failed: 0, skipped: 0};
const areas = new Map<string, [passed: number, all: number]>();
const lacks = new Map<string, string[]>();

for (const row of rows) await one(row);
await runtime.close();
if (!options.json) report();
process.exitCode = counts.failed > 0 ? 1 : 0;

function read(argv: string[]) {
  try {
    const {values} = parseArgs({
      args: argv,
      options: {
        rows: {type: 'string'},
        mode: {type: 'string', default: 'portable'},
        k: {type: 'string', short: 'k', default: '.'},
        json: {type: 'boolean', default: false},
      },
    });
    if (!['portable', 'native', 'auto'].includes(values.mode)) stop(`no such mode: ${values.mode}`);
    const file = values.rows ?? new URL('./rows.jsonl', import.meta.url);
    return {file, mode: values.mode as 'portable' | 'native' | 'auto', filter: new RegExp(values.k), json: values.json};
  } catch (err) {
    return stop((err as Error).message);
  }
}

function load(): Row[] {
  try {
    return readRows(options.file);
  } catch (err) {
    return stop((err as Error).message);
  }
}

async function open(): Promise<Runtime> {
  try {
    return await createRuntime({mode: options.mode, thread: false});
  } catch (err) {
    return stop((err as Error).message);
  }
}

async function one(row: Row): Promise<void> {
  const lack = missing(row);
  if (lack) {
    counts.skipped++;
    if (options.json) print({id: row.id, mode: runtime.mode, pass: false, stdout: '', exit: null, skipped: lack});
    else lacks.set(lack, [...(lacks.get(lack) ?? []), row.id]);
    return;
  }
  const got = await attempt(row);
  const pass = passes(row, got);
  counts[pass ? 'passed' : 'failed']++;
  const area = areas.get(row.area) ?? [0, 0];
  areas.set(row.area, [area[0] + Number(pass), area[1] + 1]);
  if (options.json) print({id: row.id, mode: runtime.mode, pass, stdout: got.stdout, exit: got.exit});
  else if (!pass) difference(row, got);
}

/** A row that the runtime itself refuses is an answer too. */
async function attempt(row: Row): Promise<Outcome> {
  try {
    return await runRow(runtime, row);
  } catch (err) {
    return {stdout: '', exit: 'error', stderr: String((err as Error).stack ?? err)};
  }
}

function print(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

function difference(row: Row, got: Outcome): void {
  console.log(`FAIL ${row.id} [${row.setup}] ${row.title}`);
  console.log(row.script.replace(/^/gm, '    | ').replace(/\| $/, ''));
  console.log(`    expected ${JSON.stringify(row.expected)}`);
  console.log(`    got      ${JSON.stringify({exit: got.exit, stdout: got.stdout})}`);
  if (got.stderr.trim() !== '') console.log(`    stderr   ${JSON.stringify(got.stderr.slice(0, 600))}`);
}

function report(): void {
  for (const [lack, ids] of lacks) console.log(`skipped, ${lack}: ${ids.length} (${ids.slice(0, 5).join(' ')}${ids.length > 5 ? ' ...' : ''})`);
  for (const [area, [passed, all]] of areas) console.log(`${area} ${passed}/${all}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

function stop(message: string): never {
  console.error(`parity: ${message}`);
  process.exit(2);
}
