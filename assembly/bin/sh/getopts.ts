// getopts: one option of the parameters at a time, its place kept in OPTIND and within joined options.

import * as fs from '../../sys/fs';
import { at, chr, goodName, number } from './buf';
import { raise } from './message';
import { sh } from './state';
import { keepOptind, optindTouched, optionOffset, setOptionOffset } from './variable';
import * as vars from './vars';

export function getopts(args: string[]): i32 {
  if (args.length < 3) return raise('usage: getopts optstring var [arg]');
  const spec = args[1];
  const name = args[2];
  if (!goodName(name)) return raise(name + ': bad variable name');
  const list = args.length > 3 ? args.slice(3) : sh.params;
  const silent = spec.length > 0 && at(spec, 0) == 58;
  let index = vars.optind.value == null ? 1 : number(vars.optind.value as string);
  if (index < 1) index = 1;
  let offset = optindTouched() ? -1 : optionOffset;
  if (index > list.length + 1) {
    index = 1;
    offset = -1;
  }
  const quiet = vars.get('OPTERR');
  const loud = !silent && (quiet == null || quiet as string != '0');
  let letter = 63;
  let arg: string | null = null;
  let done = false;
  // The word that is being taken apart, if any, is the one before OPTIND.
  let word = offset > 0 && index >= 2 && index - 2 < list.length ? list[index - 2] : '';
  if (offset <= 0 || offset >= word.length) {
    offset = -1;
    if (index > list.length) done = true;
    else {
      word = list[index - 1];
      if (word.length < 2 || at(word, 0) != 45) done = true;
      else if (word == '--') {
        index++;
        done = true;
      } else {
        index++;
        offset = 1;
      }
    }
  }
  if (done) offset = -1;
  else {
    const c = at(word, offset++);
    let i = silent ? 1 : 0;
    while (i < spec.length && (at(spec, i) != c || c == 58)) i++;
    if (i == spec.length) {
      if (silent) arg = chr(c);
      else if (loud) fs.write(2, 'Illegal option -' + chr(c) + '\n');
    } else if (i + 1 < spec.length && at(spec, i + 1) == 58) {
      if (offset < word.length) {
        arg = word.substring(offset);
        letter = c;
      } else if (index <= list.length) {
        arg = list[index - 1];
        index++;
        letter = c;
      } else if (silent) {
        arg = chr(c);
        letter = 58;
      } else if (loud) fs.write(2, 'No arg for -' + chr(c) + ' option\n');
      offset = -1;
    } else letter = c;
    if (offset >= word.length) offset = -1;
  }
  const text = index.toString();
  if (!vars.assign(vars.optind, text)) return 2;
  keepOptind(text);
  setOptionOffset(offset);
  if (arg == null) vars.unset('OPTARG');
  else vars.set('OPTARG', arg as string);
  if (!vars.set(name, chr(letter))) return 2;
  return done ? 1 : 0;
}
