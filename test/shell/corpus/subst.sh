echo $(echo a) `echo b` "$(echo c d)" $(echo "e  f") "$(printf 'x\n\n\n')"
x=$(exit 3); echo $?; x=$(echo hi; exit 4); echo $? $x
echo $(echo $(echo $(echo deep))) `echo \`echo back\``
x=1; y=$(x=2; echo $x); echo $x $y
echo $(for i in 1 2 3; do echo $i; done) $(case a in a) echo case;; esac) $(case b in (b) echo paren;; esac)
echo "$(echo "a b" | tr ' ' '-')" $(echo '*') "$(echo ')')" $(echo \))
f() { echo "f:$1"; }; echo $(f 1)$(f 2)
echo $( # comment )
echo after comment
)
echo "$(cat <<E
heredoc in subst
E
)"
echo `echo '$x' "\$x" \\\\`
set -- $(echo a b c); echo $#
x=$(cat </dev/null); echo "[$x]"
echo $(true; echo $?) $(false; echo $?) $?
$(echo echo run) it; $(echo); echo $?; $(exit 7); echo $?
x=$(printf 'a\nb\n'); echo "$x" $x
echo "$(printf '%s\n' "a)" 'b)')"
echo "x$(echo y)z" x`echo y`z
a=$(b=$(echo in); echo $b out); echo $a
echo $(echo 1 & wait) $( (echo sub) )
echo "${x:-$(echo no)}" "${u:-$(echo yes "and )")}"
