show() { printf '%s:' "$#"; for a; do printf '<%s>' "$a"; done; echo; }
x='  a  b	c
d  '; show $x; show "$x"; show x$x; show $x"y"; show "y"$x; show $x$x
IFS=:; x=a:b::c; show $x; x=:a:; show $x; x=a; show $x; x=:; show $x; x=::; show $x; show $x$x
IFS=' :'; x=' a : b: :c '; show $x; x='a  :b'; show $x; x='a:  '; show $x
IFS=; x='a b:c'; show $x
unset IFS; x='a b'; show $x
IFS=' 	
'
e=; show $e; show "$e"; show $e$e; show $e"$e"; show a$e; show ''$e
set -- 'a b' '' c; show $*; show $@; show "$*"; show "$@"; show x$@y; show "x$@y"; show "x$*y"; show $@$@; show "$@""$@"
IFS=-; show "$*"; show $*; show "$@"; x=$*; show "$x"; x="$*"; show "$x"
IFS=; show "$*"; show $*; x="$*"; show "$x"
unset IFS; show "$*"
set --; show "$@"; show "$*"; show $@; show a"$@"; show "$@"b; show "$@""$@"
x='a*b?c[d]'; show $x; show "$x"
IFS=x; y=axbxc; show $y; show ${y}x; show ${u:-axb}; show ${u:-"axb"c}; show $(echo axbxc); show `echo axb`; show $((10))
IFS=0; show $((100)) "$((100))"
IFS=' '; set -- $(echo 'a
b c'); show "$@"
for i in $x; do show $i; done
