x=0; f() { x=$((x+1)); echo $x; }
a=1 b=$((a+1)) c=$b; echo "$a $b $c"
x=1; x=2 y=$x; echo $x $y
x=1; x=3 eval 'echo $x'; echo $x
x=1; f() { echo "in $x"; x=9; }; x=5 f; echo "$x"
unset x; x=env sh -c 'echo $x'; echo "${x-unset}"
x=a; x=b echo $x; echo $x
IFS=: read a b <<E
1:2 3
E
echo "$a|$b|$IFS" | cat
export E=1; E=2 sh -c 'echo $E'; echo $E
x=1 y=2 >f; echo $x$y; cat f
set -- a b; x=$1; shift; echo $x $1
: ${v=def}; echo $v
readonly R=1; (R=2) 2>/dev/null; echo $? $R
cmd='echo "not quoted"'; $cmd; eval "$cmd"
e=; $e echo empty first; $e
$u; echo $?
a="b c"; d=$a; echo "$d"; d=$a$a; echo "$d"; export F=$a; echo "$F"
x='$y'; y=z; echo $x; eval echo $x
