mkdir d d/sub .hid; : > a.c; : > b.c; : > 'a b.c'; : > d/x; : > d/y; : > d/sub/z; : > .dot; : > '[x]'; : > 'q*r'; : > -
echo *
echo *.c
echo ?.c
echo [ab].c [!a].c [^a].c [a-b].c [[:alpha:]].c
echo .*  | tr ' ' '\n' | grep -v '^\.\.*$'
echo d/* d/*/* */x d*/y */*/z
echo nomatch* "*.c" '*.c' \*.c *".c"
echo d/[xy] d/[!x] './'*.c
echo \[x\] '['x']' [[]x]
echo q\** "q*"* q'*'r
x='*.c'; echo $x "$x"
set -f; echo *.c; set +f; echo *.c
echo */ d/ d//x
for f in *.c; do echo "<$f>"; done
case a.c in *.c) echo match;; esac
case d/x in d*x) echo slash;; esac
case .dot in *t) echo dot;; esac
case ']' in []]) echo b1;; esac
case a in [!]]) echo b2;; esac
case - in [a-]) echo b3;; esac
case b in [a-c]) echo b4;; esac
case '\' in \\) echo b5;; esac
case x in [[:digit:]]) echo no;; [[:lower:]]) echo b6;; esac
case '[a' in [a) echo b7;; esac
case ab in a[b) echo no;; a[b]) echo b8;; esac
case 'a]' in a]) echo b9;; esac
case aXb in a?b) echo b10;; esac
case '' in '') echo b11;; esac
case '' in *) echo b12;; esac
case ab in ?) echo no;; ??) echo b13;; esac
p='a*'; case abc in $p) echo b14;; esac; case abc in "$p") echo no;; *) echo b15;; esac
cd d; echo ../*.c; echo ../d/s*
