x=; i=0; while [ $i -lt 200 ]; do x="$x("; i=$((i+1)); done
eval "echo 200 | { cat; }"
s='echo deep'; i=0; while [ $i -lt 100 ]; do s="{ $s; }"; i=$((i+1)); done; eval "$s"
s='echo $((1'; i=0; while [ $i -lt 100 ]; do s="$s+1"; i=$((i+1)); done; eval "$s))"
f() { [ $1 -eq 0 ] || f $(($1-1)); }; f 200; echo rec $?
big=x; i=0; while [ $i -lt 12 ]; do big=$big$big; i=$((i+1)); done; echo ${#big}
echo "$big" | wc -c | tr -d ' '
set -- $(i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done); echo $# ${500} ${499}
y=$(echo "$big"); [ "$y" = "$big" ] && echo same
cat <<E | wc -c | tr -d ' '
$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big
E
a=$(printf 'a\nb\nc'); IFS='
'; set -- $a; echo $#
