cd /; pwd; cd /usr/bin; pwd; cd ..; pwd; cd -; cd /tmp/../usr/./bin/..; pwd; (cd /bin && pwd) >/dev/null; pwd
cd /nosuch 2>/dev/null; echo $?; HOME=/usr; cd; pwd; cd / ; CDPATH=/usr; cd bin >/dev/null; pwd
unset CDPATH; cd /tmp
eval echo a "b  c" 'd  e'; eval; echo $?; eval 'false'; echo $?; eval 'x=1; y=2'; echo $x$y
set -- a b c d; shift; echo $*; shift 2; echo $*; shift 5; echo $? $*
set -- -x y; echo $1; set -- ; echo $#; set a b; echo $*; set -- -- a; echo $*
printf 'echo sourced $1; x=fromfile; return 3; echo no\n' > /tmp/src.sh; set -- pos; . /tmp/src.sh; echo $? $x; rm -f /tmp/src.sh
unset x; echo ${x-gone}; f() { echo f; }; unset -f f; f 2>/dev/null; echo $?; unset nosuch; echo $?
type cd | cat; type echo; type if; type : ; f() { :; }; type f; type nosuch_cmd; echo $?
command -v cd; command -v if; command -v f; command -v nosuch_cmd; echo $?
command echo hi; echo() { printf 'fn\n'; }; echo x; command echo x; unset -f echo
true; echo $?; false; echo $?; :; echo $?
umask 022; umask; umask 077; umask -S; umask u=rwx,g=rx,o=; umask; umask 022
test a = a; echo $?; [ a != a ]; echo $?; [ -n "" ]; echo $?; [ -z "" ]; echo $?; [ 1 -lt 2 -a 2 -gt 1 ]; echo $?; [ ! -e /nosuch ]; echo $?; [ -d / ]; echo $?
while getopts ab:c o -a -b arg -c rest; do echo "$o ${OPTARG-}"; done; echo $OPTIND
OPTIND=1; while getopts ab: o -ab val x; do echo "$o ${OPTARG-}"; done; echo $OPTIND
OPTIND=1; set -- -xyz -- -a; while getopts xyz o; do echo $o; done; shift $((OPTIND-1)); echo "$*"
echo "a b  c" | { read x y; echo "$x|$y"; }; echo 'a\ b c' | { read x y; echo "$x|$y"; }; echo 'a\b' | { read -r x; echo "$x"; }
printf 'no newline' | { read x; echo "$? $x"; }; read x </dev/null; echo "$? [$x]"
echo ' lead trail ' | { read x; echo "[$x]"; }; echo ' lead trail ' | { IFS= read x; echo "[$x]"; }
echo a:b:c | { IFS=: read x y; echo "$x $y"; }; echo a:b: | { IFS=: read x y; echo "$x $y"; }; echo a::b | { IFS=: read x y z; echo "$x.$y.$z"; }
printf 'l1\nl2\nl3\n' | { read a; read b; cat; echo $a $b; }
export A=1; export B; B=2; sh -c 'echo $A$B'; C=3; sh -c 'echo "[$C]"'; unset A; sh -c 'echo "[$A]"'
alias ll='echo aliased'; alias ll; unalias ll; alias ll 2>/dev/null; echo $?
exec 3>&1; echo dup >&3
(exec echo replaced; echo no); (exec true); echo $?
trap 'echo exit trap' EXIT; trap 'echo got usr1' USR1; kill -USR1 $$; trap - USR1; trap
wait; echo $?
let x=3+4 y=2; echo $x $y; let 0; echo $?
