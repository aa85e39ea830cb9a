echo a > f; cat f; echo b >> f; cat < f; cat 0< f; echo c 1> f; cat f
echo err >&2 2>/dev/null; { echo out; echo err >&2; } 2>&1; { echo out; echo err >&2; } 2>f; cat f
exec 3> g; echo three >&3; echo four >&3; exec 3>&-; cat g
exec 4< g; read x <&4; echo $x; read x <&4; echo $x; exec 4<&-
{ echo a; echo b >&2; } > f 2>&1; cat f
{ echo a; echo b >&2; } 2>&1 > f | sed 's/^/pipe /'; cat f
echo x > f > g; cat f; echo -; cat g
> empty; cat empty; wc -c < empty | tr -d ' '
cat <<E
here $((1+1)) $(echo sub) `echo bq` "q" 'q' \$x \\ \a
E
cat <<'E'
raw $((1+1)) $(echo) `x` \$
E
cat <<"E E"
quoted delim
E E
cat <<-E
	tabs
		more
	E
cat <<A - <<B
not read
A
from b
B
x=val; cat <<E
${x} ${x#v} ${y:-def "q" 'r'}
a\
b
E
f() { cat <<E
in function $1
E
}
f 1; f 2
while read l; do echo "l=$l"; done <<E
one
  two  
th\ree
E
cat <<E | tr a-z A-Z
piped
E
if cat <<E
cond
E
then echo yes; fi
(cat; echo sub) <<E
to sub
E
echo no > /nosuch/x; echo "st $?"
cat < nosuch; echo "st $?"
echo x 2>/dev/null >&7; echo "st $?"
{ :; } < nosuch; echo "st $?"
set -C; echo 1 > f; echo "nc $?"; echo 2 >| f; cat f; set +C
echo in > f; cat <> f; echo rw 1<>f; cat f
echo one two | { read a b; echo "$b $a"; }
ls -d / 2>&1 >/dev/null | cat
echo "to 5" 5>&1 >&5
exec 6>&1; echo six >&6; (echo sub six >&6); exec 6>&-
v=$(echo e >&2) 2>f; cat f
cat <<E1; cat <<E2
a
E1
b
E2
echo before; cat <<E
$(cat <<I
inner
I
)
E
