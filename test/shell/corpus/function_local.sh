f() { local a=1 b; b=2; echo $a $b; g; }; g() { echo "g $a"; a=3; }
a=0; b=0; f; echo $a $b
r() { local n=$1; [ $n -le 0 ] && return; echo $n; r $((n-1)); echo back $n; }; r 3
h() { local IFS=:; set -- $1; echo $#; }; h a:b:c
args() { echo "$# [$*]"; shift; echo "$# [$*]"; set -- new; echo "$1"; }; set -- outer args; args 1 2 3; echo "$*"
ret() { return $1; }; ret 0; echo $?; ret 255; echo $?; ret 256; echo $?
e() { eval 'return 7'; echo no; }; e; echo $?
redef() { redef() { echo second; }; echo first; }; redef; redef
p() { echo "$0" | sed 's/.*\///' >/dev/null; echo "$1"; }; p "$(p inner)"
l() { while true; do return 5; done; }; l; echo $?
u() { unset x; echo "${x-unset}"; }; x=1; u; echo "${x-gone}"
x=1; w() { local x=2; unset x; echo "${x-u}"; }; w; echo $x
ex() { export LX=in; }; ex; sh -c 'echo $LX'
st() { return; }; false; st; echo $?; true; st; echo $?
y() { local a=$(exit 3); echo $?; local b; b=$(exit 4); echo $?; }; y
