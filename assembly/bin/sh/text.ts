// Commands back into text: for the list of jobs, and words for the trace of -x.

import {
  NAND, NASYNC, NCASE, NFOR, NFUNC, NGROUP, NIF, NLIST, NNOT, NOR, NPIPE, NSIMPLE, NSUBSHELL, NUNTIL, NWHILE, Node,
  PARITH, PCMD, PLIT, PPROC, RAPPEND, RBOTH, RCLOBBER, RDUP, RHERE, RIN, ROUT, RRDWR, Redir, VLENGTH, VNORMAL,
  VQUESTION, VSUBSTR, Word,
} from './ast';
import { at, isName, quote } from './buf';
import { keyword } from './token';

/** A command as the list of jobs shows it. */
export function textOf(n: Node | null): string {
  if (n == null) return '';
  let s = '';
  switch (n.kind) {
    case NSIMPLE: {
      const a = n.assigns;
      if (a) for (let i = 0; i < a.length; i++) s += a[i].name + '=' + wordText(a[i].value) + ' ';
      const words = n.words!;
      for (let i = 0; i < words.length; i++) s += (i > 0 ? ' ' : '') + wordText(words[i]);
      break;
    }
    case NPIPE:
    case NLIST: {
      const list = n.list!;
      for (let i = 0; i < list.length; i++) s += (i > 0 ? (n.kind == NPIPE ? ' | ' : '; ') : '') + textOf(list[i]);
      break;
    }
    case NAND:
    case NOR:
      return textOf(n.a) + (n.kind == NAND ? ' && ' : ' || ') + textOf(n.b);
    case NNOT:
      return '! ' + textOf(n.a);
    case NASYNC:
      return textOf(n.a) + ' &';
    case NSUBSHELL:
      s = '(' + textOf(n.a) + ')';
      break;
    case NGROUP:
      s = '{ ' + textOf(n.a) + '; }';
      break;
    case NIF:
      s = 'if ' + textOf(n.a) + '; then ' + textOf(n.b) + (n.c ? '; else ' + textOf(n.c) : '') + '; fi';
      break;
    case NWHILE:
    case NUNTIL:
      s = (n.kind == NWHILE ? 'while ' : 'until ') + textOf(n.a) + '; do ' + textOf(n.b) + '; done';
      break;
    case NFOR: {
      s = 'for ' + n.name;
      const words = n.words;
      if (words) {
        s += ' in';
        for (let i = 0; i < words.length; i++) s += ' ' + wordText(words[i]);
      }
      s += '; do ' + textOf(n.b) + '; done';
      break;
    }
    case NCASE:
      s = 'case ' + wordText(n.words![0]) + ' in ...';
      break;
    case NFUNC:
      return n.name + '() { ... }';
  }
  const redirs = n.redirs;
  if (redirs) for (let i = 0; i < redirs.length; i++) s += ' ' + redirText(redirs[i]);
  return s;
}

function redirText(r: Redir): string {
  let op = '';
  switch (r.kind) {
    case RIN: op = '<'; break;
    case ROUT: op = '>'; break;
    case RCLOBBER: op = '>|'; break;
    case RAPPEND: op = '>>'; break;
    case RDUP: op = r.fd == 0 ? '<&' : '>&'; break;
    case RRDWR: op = '<>'; break;
    case RHERE: return (r.fd != 0 ? r.fd.toString() : '') + '<<...';
    case RBOTH: return '&>' + wordText(r.word);
  }
  const usual = r.kind == RIN || r.kind == RRDWR || op == '<&' ? 0 : 1;
  return (r.fd != usual ? r.fd.toString() : '') + op + wordText(r.word);
}

const operators: string[] = ['', '-', '+', '=', '?', '%', '%%', '#', '##', '', ':', '/', '//'];

function wordText(w: Word | null): string {
  if (w == null) return '';
  let s = '';
  let inside = false;
  for (let i = 0; i < w.parts.length; i++) {
    const p = w.parts[i];
    if (p.quoted != inside) {
      s += '"';
      inside = p.quoted;
    }
    switch (p.kind) {
      case PLIT:
        s += p.text;
        break;
      case PCMD:
        s += '$(' + textOf(p.node) + ')';
        break;
      case PPROC:
        s += (p.colon ? '>(' : '<(') + textOf(p.node) + ')';
        break;
      case PARITH:
        s += '$((' + wordText(p.word) + '))';
        break;
      default:
        if (p.op == VNORMAL) {
          s += p.text.length == 1 || isName(at(p.text, 0)) ? '$' + p.text : '${' + p.text + '}';
          break;
        }
        if (p.op == VLENGTH) {
          s += '${#' + p.text + '}';
          break;
        }
        s += '${' + p.text + (p.colon && p.op <= VQUESTION ? ':' : '') + operators[p.op] + wordText(p.word);
        if (p.word2) s += (p.op == VSUBSTR ? ':' : '/') + wordText(p.word2);
        s += '}';
    }
  }
  return inside ? s + '"' : s;
}

/** A word for the trace: quoted if the shell would read it otherwise. */
export function quoteForTrace(s: string): string {
  if (s.length == 0) return "''";
  if (keyword(s) >= 0) return quote(s);
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    if (isName(c) || c >= 43 && c <= 47 || c == 58 || c == 64 || c == 37 || c == 93 || c >= 128) continue;
    return quote(s);
  }
  return s;
}
