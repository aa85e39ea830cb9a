// Text that becomes commands while the shell runs: eval, trap actions, sourced files, and the main loop over a script.

import { Source, TextSource } from './input';
import { run } from './exec';
import { raise, tell } from './message';
import { Parser, parserOf } from './parser';
import * as jobs from './job';
import { FLOW_ERROR, FLOW_INTERRUPT, FLOW_NONE, leave, sh, tooDeepToRun } from './state';

/** Run text in this shell; the status. `here`: its lines count from the line at hand. */
export function evalText(text: string, here: bool = true): i32 {
  const source = new TextSource(text);
  if (here) source.line = max(sh.line, 1);
  return evalSource(source, false);
}

/** Run all commands of a source. `last`: the shell ends with it. */
export function evalSource(source: Source, last: bool): i32 {
  if (tooDeepToRun()) return raise('nested too deeply');
  const parser = parserOf(source);
  sh.status = evalAll(parser, last);
  return sh.status;
}

function evalAll(parser: Parser, last: bool): i32 {
  // Without commands the status is 0, except that a trap's or a sourced empty file keeps none.
  let status = 0;
  while (true) {
    const n = parser.command();
    if (parser.error != null) {
      syntaxError(parser);
      return leave(FLOW_ERROR, 2);
    }
    if (parser.eof) break;
    if (n == null) continue;
    status = run(n, last && parser.lexer.ended);
    if (sh.flow != FLOW_NONE) break;
  }
  return status;
}

/** Say where a syntax error is. */
export function syntaxError(parser: Parser): void {
  const line = sh.line;
  sh.line = parser.lexer.line;
  const text = 'syntax error: ' + (parser.error as string);
  if (sh.interactive && sh.builtin.length == 0) tell('sh: ' + text + '\n');
  else raise(text);
  sh.flow = FLOW_NONE;
  sh.line = line;
}

/** The loop of a script that is no -c text: jobs are looked after between commands. */
export function commandLoop(source: Source): i32 {
  const parser = parserOf(source);
  let status = 0;
  while (true) {
    const n = parser.command();
    if (parser.error != null) {
      syntaxError(parser);
      return leave(FLOW_ERROR, 2);
    }
    if (parser.eof) break;
    if (n == null) continue;
    status = run(n, false);
    if (sh.flow != FLOW_NONE) return sh.status;
    if (jobs.all().length > 16) jobs.poll();
  }
  return status;
}

/** Is control on its way back to an interactive shell's prompt? */
export function backToPrompt(): bool {
  return sh.flow == FLOW_ERROR || sh.flow == FLOW_INTERRUPT;
}
