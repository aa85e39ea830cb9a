// ${...}: the parameter, its operator and the operator's words.

import {
  PPARAM, Part, VASSIGN, VBAD, VLENGTH, VMINUS, VNORMAL, VPLUS, VQUESTION, VREPLACE, VREPLACEALL, VSUBSTR, VTRIMLEFT,
  VTRIMLEFTMAX, VTRIMRIGHT, VTRIMRIGHTMAX, Word,
} from './ast';
import { isDigit, isName, isNameStart } from './buf';
import { prefix } from './literal';
import { BRACE, OFFSET, PATTERN, Words, isSpecial, special } from './word';

/** The expansion after `${`, up to its brace, as a part of `w`. */
export function readBrace(lx: Words, w: Word, quoted: bool): void {
  const p = new Part(PPARAM, quoted);
  w.parts.push(p);
  let c = lx.joined();
  let length = false;
  let count = false;
  if (c == 35) {
    // ${#x} is a length, ${#} and ${#op...} are about $#.
    lx.take();
    c = lx.joined();
    if (isName(c) || c == 64 || c == 42 || c == 33 || c == 36) length = true;
    else if (c == 35 || c == 63 || c == 45) length = lx.peek2() == 125;
    else if (c == 61) {
      bad(lx, w, p, quoted);
      return;
    }
    count = !length;
  }
  if (count) special(p, 35);
  else if (isNameStart(c)) {
    lx.readName(p);
  } else if (isDigit(c)) {
    let n = 0;
    while (isDigit(c)) {
      n = min(n * 10 + c - 48, 100000000);
      lx.take();
      c = lx.joined();
    }
    p.text = n.toString();
    p.special = n == 0 ? 48 : -n;
  } else if (isSpecial(c)) {
    lx.take();
    special(p, c);
  } else {
    bad(lx, w, p, quoted);
    return;
  }
  c = lx.joined();
  if (length) {
    p.op = VLENGTH;
    if (c != 125) {
      bad(lx, w, p, quoted);
      return;
    }
    lx.take();
    return;
  }
  if (c == 125) {
    lx.take();
    p.op = VNORMAL;
    return;
  }
  if (c == 58) {
    lx.take();
    p.colon = true;
    c = lx.joined();
  }
  switch (c) {
    case 45:
      p.op = VMINUS;
      break;
    case 43:
      p.op = VPLUS;
      break;
    case 61:
      p.op = VASSIGN;
      w.pure = false;
      break;
    case 63:
      p.op = VQUESTION;
      w.pure = false;
      break;
    case 37:
      p.op = VTRIMRIGHT;
      break;
    case 35:
      p.op = VTRIMLEFT;
      break;
    case 47:
      p.op = VREPLACE;
      break;
    default:
      if (!p.colon || c == 125 || c < 0) {
        if (c < 0 || p.colon) lx.fail("missing '}'");
        else bad(lx, w, p, quoted);
        return;
      }
      p.op = VSUBSTR;
  }
  if (p.op >= VTRIMRIGHT && p.op != VSUBSTR && p.colon) {
    bad(lx, w, p, quoted);
    return;
  }
  if (p.op != VSUBSTR) {
    lx.take();
    if (p.op >= VTRIMRIGHT && lx.joined() == c) {
      lx.take();
      p.op++;
    }
  }
  switch (p.op) {
    case VSUBSTR:
      p.word = lx.readWord(OFFSET, true);
      if (lx.peek() == 58) {
        lx.take();
        p.word2 = lx.readWord(BRACE, true);
      }
      w.pure = false;
      break;
    case VREPLACE:
    case VREPLACEALL:
      if (lx.peek() == 47) {
        // The first character is the pattern's, also if it is a slash.
        lx.take();
        p.word = lx.readWord(PATTERN, false);
        prefix(p.word as Word, '/');
      } else p.word = lx.readWord(PATTERN, false);
      if (lx.peek() == 47) {
        lx.take();
        p.word2 = lx.readWord(BRACE, false);
      }
      break;
    case VTRIMLEFT:
    case VTRIMLEFTMAX:
    case VTRIMRIGHT:
    case VTRIMRIGHTMAX:
      p.word = lx.readWord(BRACE, false);
      break;
    default:
      p.word = lx.readWord(BRACE, quoted);
  }
  if (p.word && !p.word!.pure || p.word2 && !p.word2!.pure) w.pure = false;
  if (lx.error == null) lx.take();
}

/** What no shell understands is an error only when it is run: a script may guard what another shell has. */
function bad(lx: Words, w: Word, p: Part, quoted: bool): void {
  w.pure = false;
  p.op = VBAD;
  p.word = lx.readWord(BRACE, quoted);
  if (lx.error == null) lx.take();
}
