// Tokens: operators, words, and the reserved words that a plain word may be.

import { at } from './buf';

export const TEOF = 0;
export const TNL = 1;
export const TSEMI = 2;
export const TBACK = 3; // &
export const TAND = 4; // &&
export const TOR = 5; // ||
export const TPIPE = 6;
export const TLP = 7;
export const TRP = 8;
export const TDSEMI = 9; // ;;
export const TREDIR = 10;
export const TWORD = 11;
// From here on reserved words.
export const TNOT = 12;
export const TCASE = 13;
export const TDO = 14;
export const TDONE = 15;
export const TELIF = 16;
export const TELSE = 17;
export const TESAC = 18;
export const TFI = 19;
export const TFOR = 20;
export const TFUNCTION = 21;
export const TIF = 22;
export const TIN = 23;
export const TTHEN = 24;
export const TUNTIL = 25;
export const TWHILE = 26;
export const TBEGIN = 27; // {
export const TEND = 28; // }

export const tokenText: string[] = [
  'end of file', 'newline', '";"', '"&"', '"&&"', '"||"', '"|"', '"("', '")"', '";;"', 'redirection', 'word', '"!"',
  '"case"', '"do"', '"done"', '"elif"', '"else"', '"esac"', '"fi"', '"for"', '"function"', '"if"', '"in"', '"then"',
  '"until"', '"while"', '"{"', '"}"',
];

/** The token of a reserved word, or -1. */
export function keyword(s: string): i32 {
  if (s.length == 0) return -1;
  switch (at(s, 0)) {
    case 33: return s.length == 1 ? TNOT : -1;
    case 99: return s == 'case' ? TCASE : -1;
    case 100: return s == 'do' ? TDO : s == 'done' ? TDONE : -1;
    case 101: return s == 'elif' ? TELIF : s == 'else' ? TELSE : s == 'esac' ? TESAC : -1;
    case 102: return s == 'fi' ? TFI : s == 'for' ? TFOR : s == 'function' ? TFUNCTION : -1;
    case 105: return s == 'if' ? TIF : s == 'in' ? TIN : -1;
    case 116: return s == 'then' ? TTHEN : -1;
    case 117: return s == 'until' ? TUNTIL : -1;
    case 119: return s == 'while' ? TWHILE : -1;
    case 123: return s.length == 1 ? TBEGIN : -1;
    case 125: return s.length == 1 ? TEND : -1;
  }
  return -1;
}
