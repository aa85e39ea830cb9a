sleep 0.01 & wait $!; echo $?
(exit 5) & wait $!; echo $?
false & wait; echo $?
{ echo bg; } & wait
(sleep 0.05; echo second) & echo first; wait
sh -c 'exit 3' & p=$!; wait $p; echo $?
sleep 5 & kill $!; wait $! 2>/dev/null; echo $?
sleep 5 & p=$!; kill -9 $p; wait $p 2>/dev/null; echo $?
wait 99999; echo $?
true & a=$!; false & b=$!; wait $b; echo $?; wait $a; echo $?
x=1; { x=2; echo $x; } & wait; echo $x
echo a | cat & wait
for i in 1 2 3; do (exit $i) & eval p$i=$!; done; for i in 3 1 2; do eval wait \$p$i; echo $?; done
trap 'echo usr1' USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.3 & wait $!; r=$?; [ $r -gt 128 ] && echo interrupted
wait
cat & wait; echo "stdin is null $?"
f() { sleep 0.02; return 4; }; f & wait $!; echo $?
[ -n "$!" ] && echo have
( (exit 3) & wait $! ; echo inner $? ); 
sh -c 'sleep 0.01 & wait; echo $?'
yes | head -n 1; echo $?
true | (exit 2) | true; echo $?
(exit 1) | (exit 2); echo $?
