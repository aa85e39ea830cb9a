if true; then echo a; fi; if false; then echo no; else echo b; fi
if false; then echo no; elif true; then echo c; else echo no; fi
if false; then :; fi; echo $?
if true; then false; fi; echo $?
while false; do :; done; echo $?
i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done
i=0; until [ $i -ge 3 ]; do i=$((i+1)); echo u$i; done
for i in 1 2 3; do for j in a b c; do [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done
for i; do echo no; done; set -- x y; for i; do echo $i; done; for i in; do echo no; done; echo "<$i>"
for i
do echo nl$i
done
for i in 1 2; do
  case $i in
    1) echo one ;;
    2) echo two
  esac
done
case x in a|x) echo or;; esac; case x in (x) echo paren;; esac; case x in y) ;; esac; echo $?
case a in a) false;; esac; echo $?
case $(echo hi) in h?) echo subst;; esac
{ echo group; echo more; } | cat
(echo sub; exit 3); echo $?
{ false; }; echo $?
! true; echo $?; ! false; echo $?; ! { true; }; echo $?
true && echo and; false || echo or; false && echo no || echo chain; true || echo no && echo left
true && false; echo $?
f() { echo "f $1 $#"; return 4; echo no; }; f a b; echo $?
g() { for i in 1 2; do return; done; }; false; g; echo $?
h() { h2() { echo inner; }; h2; }; h; h2
k() { if [ $1 -gt 0 ]; then echo $1; k $(($1-1)); fi; }; k 3
m() ( x=changed; exit 5 ); x=orig; m; echo $? $x
n() { echo redirected; } > out; n; cat out
o() for i in a b; do echo $i; done
o
while :; do echo once; break; done; echo $?
for i in a b; do (continue; echo sub$i); echo $i; done
x=0; while :; do x=$((x+1)); if [ $x -gt 2 ]; then break; fi; done; echo $x
for i in 1 2 3; do echo $i; done | while read l; do echo "got $l"; done
echo a; echo b;
true & wait; echo $?
if ! false; then echo not; fi
if { false; true; }; then echo list; fi
while read x && [ "$x" != end ]; do echo "r $x"; done <<E
1
2
end
3
E
