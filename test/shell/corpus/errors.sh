sh -c 'nosuch_cmd' 2>/dev/null; echo $?
sh -c '/etc/passwd' 2>/dev/null; echo $?
sh -c '/' 2>/dev/null; echo $?
sh -c 'echo "unterminated' 2>/dev/null; echo $?
sh -c 'if true' 2>/dev/null; echo $?
sh -c 'echo a; ) b' 2>/dev/null; echo $?
sh -c 'for' 2>/dev/null; echo $?
sh -c 'case x in' 2>/dev/null; echo $?
sh -c '. /nosuch; echo no' 2>/dev/null; echo $?
sh -c 'command . /nosuch; echo yes' 2>/dev/null; echo $?
sh -c 'set -Z; echo no' 2>/dev/null; echo $?
sh -c 'readonly x=1; x=2; echo no' 2>/dev/null; echo $?
sh -c 'readonly x=1; unset x; echo no' 2>/dev/null; echo $?
sh -c 'readonly x=1; x=2 true; echo no' 2>/dev/null; echo $?
sh -c 'shift 3 4; echo yes' 2>/dev/null; echo $?
sh -c 'eval "if"; echo no' 2>/dev/null; echo $?
sh -c 'exec /nosuch; echo no' 2>/dev/null; echo $?
sh -c 'exec 3</nosuch; echo no' 2>/dev/null; r=$?; [ $r -ne 0 ] && echo nonzero
sh -c ': </nosuch; echo no' 2>/dev/null; r=$?; [ $r -ne 0 ] && echo nonzero
sh -c 'true </nosuch; echo yes' 2>/dev/null; echo $?
sh -c 'echo ${x!}; echo no' 2>/dev/null; echo $?
sh -c 'cd /nosuch; echo yes' 2>/dev/null; echo $?
sh -c 'exit 300'; echo $?
sh -c 'return 5; echo no'; echo $?
sh -c 'break; continue; echo yes'; echo $?
sh -c 'kill -TERM $$; echo no' 2>/dev/null; echo $?
sh -c 'kill -0 $$; echo $?'
sh -c 'unset 1a; echo no' 2>/dev/null; echo $?
sh /nosuch.sh 2>/dev/null; echo $?
sh -c 'x=$(echo ${u?gone}); echo $?' 2>/dev/null; echo $?
sh -c 'trap "echo t" EXIT; echo ${u?gone}; echo no' 2>/dev/null; echo $?
sh -c '(exit 3); echo $?; (nosuch_cmd); echo $?' 2>/dev/null
sh -c 'f() { nosuch_cmd; }; f; echo $?' 2>/dev/null
echo 'echo from stdin; exit 4; echo no' | sh; echo $?
echo 'echo "$0 $1"' | sh -s arg | sed 's/.* //'
sh -c 'echo $0 $1 $2 $#' name a b
sh -c 'echo $-' | tr -d 'ch'
