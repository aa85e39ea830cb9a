trap 'echo bye' EXIT
trap 'echo usr1' USR1; kill -USR1 $$; echo after
trap '' USR2; kill -USR2 $$; echo ignored
trap 'echo "status $?"' USR1; false; kill -USR1 $$
f() { trap 'echo from f' TERM; }; f; kill -TERM $$
(trap 'echo sub exit' EXIT; echo in sub); echo out
(kill -USR1 $$; echo parent got it); :
trap 'echo hup; trap - HUP' HUP; kill -HUP $$
trap; trap - USR1 USR2 TERM; trap
sh -c 'trap "echo x; exit 3" EXIT; exit 5'; echo $?
sh -c 'trap "echo x" EXIT; exec true'; echo $?
sh -c 'trap "echo int" INT; kill -INT $$; echo yes'; echo $?
sh -c 'trap "exit 9" TERM; kill -TERM $$; echo no'; echo $?
x=$(trap 'echo sub' EXIT; echo body); echo $x
trap 'echo one; trap "echo two" USR1' USR1; kill -USR1 $$; kill -USR1 $$
while :; do trap 'break' USR1; kill -USR1 $$; done; echo broke
g() { trap 'return 7' USR1; kill -USR1 $$; echo no; }; g; echo $?
trap 'echo final $?' 0
(exit 6)
