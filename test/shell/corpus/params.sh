unset u; e=; v=value
echo "1 ${u-d} ${e-d} ${v-d}"
echo "2 ${u:-d} ${e:-d} ${v:-d}"
echo "3 ${u+a} ${e+a} ${v+a}"
echo "4 ${u:+a} ${e:+a} ${v:+a}"
echo "5 ${u=set} $u ${e:=eset} $e"
unset u
(echo "${u?message}"; echo no) 2>/dev/null; echo "6 $?"
(echo "${u:?}"; echo no) 2>/dev/null; echo "7 $?"
(: ${v:?x}; echo ok)
echo "8 ${#v} ${#u} ${#}"
set -- one two three
echo "9 $# $1 ${2} ${3} ${10-none} $* $@"
set -- 1 2 3 4 5 6 7 8 9 ten eleven
echo "10 $10 ${10} ${11}"
p=/usr/local/lib/file.tar.gz
echo "11 ${p#*/} ${p##*/} ${p%/*} ${p%%/*} ${p%.*} ${p%%.*}"
echo "12 ${p#/usr} ${p#usr} ${p%gz} ${p%tar}"
q='*'
echo "13 ${p#$q} ${p#"$q"}" ${p##$q}x
echo "14 ${u:-$(echo sub)} ${u:-`echo back`} ${u:-$((1+2))} ${u:-"a  b"} ${u:-a  b}"
echo ${u:-"a  b"} ${u:-a  b} ${u:-'c  d'}
for i in ${u-a b c}; do echo "[$i]"; done
for i in "${u-a b c}"; do echo "[$i]"; done
for i in ${u-"a b" c}; do echo "[$i]"; done
echo "15 ${u-}" "${u+x}" ${u-''}
echo "16 ${v:1} ${v:1:2} ${v:0:1} ${v: -2} ${v:2:-1}"
echo "17 ${v/a/A} ${v//[ae]/_} ${v/x/y} ${v/u*/}"
s="a.b.c"; echo "18 ${s#*.} ${s##*.} ${s%.*} ${s%%.*} ${s#?} ${s%?}"
s="[x]"; echo "19 ${s#\[} ${s%]} ${s#"["}"
s='a\b'; echo "20 ${s#a} ${s#*\\} ${s%\\*}"
x=1 y=2; echo "21 $x$y ${x}y $x-y ${x}${y}"
echo "22 ${v%"${v#?}"}" "${v#"${v%?}"}"
a=b; b=c; eval "echo 23 \$$a"
echo "24 ${v:-${u:-${e:-deep}}} ${u:-${n:-deep}}"
set -- ''; echo "26 ${*:-nothing} ${1:-no1} ${1-no1} $#"
echo "27 ${v+"quoted  $v"}"
HOME=/home/me; echo ~ ~/x "~" \~ a~ ${u:-~} ${u:-~/y}; z=~:~/b; echo $z
w=~root; [ "$w" != "~root" ] && echo tilde
