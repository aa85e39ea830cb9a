// What `uvu` means to a test file that scripts/test.mjs runs: uvu itself, with a time limit for each test and a filter
// by name (-k). A file run alone under tsx gets plain uvu.

import {suite as uvuSuite, test as uvuTest} from 'uvu';

const limitMs = Number(process.env.TWINBOX_TEST_LIMIT_MS ?? 60_000);
const filter = process.env.TWINBOX_TEST_FILTER ? new RegExp(process.env.TWINBOX_TEST_FILTER) : undefined;

export const test = wrap(uvuTest);
export const suite = (name, state) => wrap(uvuSuite(name, state));

function wrap(inner) {
  const outer = (name, body) => {
    if (wanted(name)) inner(name, limited(body));
  };
  outer.only = outer;
  outer.skip = name => {
    if (wanted(name ?? '')) inner.skip(name);
  };
  outer.before = inner.before;
  outer.after = inner.after;
  outer.run = inner.run;
  return outer;
}

function wanted(name) {
  return !filter || filter.test(name) || filter.test(process.env.TWINBOX_TEST_FILE ?? '');
}

function limited(body) {
  return async context => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end within ${limitMs / 1000} s`)), limitMs);
    });
    try {
      await Promise.race([body(context), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
