#!/bin/sh
# In the manner of configure: options, feature checks with caches, substitution of a template, a summary.
prefix=/usr/local exec_prefix='${prefix}' bindir='${exec_prefix}/bin'
enable_shared=yes enable_debug=no with_zlib=check
ac_args=
for ac_option in --prefix=/opt/x --enable-debug --disable-shared --with-zlib=/z CC=tcc 'CFLAGS=-O2 -g' --quiet --bogus; do
  ac_args="$ac_args '$ac_option'"
done
eval "set -- $ac_args"
quiet=no
for ac_option
do
  if test -n "$ac_prev"; then eval "$ac_prev=\$ac_option"; ac_prev=; continue; fi
  ac_optarg=`expr "x$ac_option" : 'x[^=]*=\(.*\)' 2>/dev/null` || ac_optarg=${ac_option#*=}
  ac_optarg=${ac_option#*=}
  case $ac_option in
  -prefix | --prefix) ac_prev=prefix ;;
  -prefix=* | --prefix=*) prefix=$ac_optarg ;;
  --enable-*=*) f=${ac_option%%=*}; eval "enable_${f#--enable-}='$ac_optarg'" ;;
  --enable-*) eval "enable_${ac_option#--enable-}=yes" ;;
  --disable-*) eval "enable_${ac_option#--disable-}=no" ;;
  --with-*=*) f=${ac_option%%=*}; eval "with_${f#--with-}='$ac_optarg'" ;;
  -q | --quiet) quiet=yes ;;
  -*) echo "unrecognized option: $ac_option" ;;
  *=*)
    ac_envvar=${ac_option%%=*}
    case $ac_envvar in
      '' | [0-9]* | *[!_$as_cr_alnum]* ) echo "invalid variable name: $ac_envvar" ;;
    esac
    eval "$ac_envvar=\$ac_optarg"; export $ac_envvar ;;
  esac
done 2>/dev/null
echo "prefix=$prefix shared=$enable_shared debug=$enable_debug zlib=$with_zlib quiet=$quiet CC=$CC CFLAGS=$CFLAGS"
check() { # name, command
  eval "ac_val=\${cache_$1+set}"
  if [ "$ac_val" = set ]; then eval "r=\$cache_$1"; echo "checking for $1... (cached) $r"; return; fi
  if eval "$2" >/dev/null 2>&1; then r=yes; else r=no; fi
  eval "cache_$1=\$r"
  echo "checking for $1... $r"
  [ $r = yes ]
}
check shell_functions 'f() { return 0; }; f'
check nosuch 'nosuch_command_at_all'
check arith 'test $((1+1)) -eq 2'
check arith 'false'
check subst 'test "`echo "a b"`" = "a b"'
defs=
for v in shell_functions nosuch arith; do
  V=`echo $v | tr a-z A-Z`
  eval "test \$cache_$v = yes" && defs="$defs -DHAVE_$V=1" || defs="$defs -UHAVE_$V"
done
echo "defs:$defs"
cat > Makefile.in <<'TEMPLATE'
prefix = @prefix@
bindir = @bindir@
CC = @CC@
CFLAGS = @CFLAGS@ $(EXTRA)
DEFS = @defs@
all: ; @echo "building with $(CC)"
TEMPLATE
script=
for var in prefix bindir CC CFLAGS defs; do
  eval "val=\$$var"
  esc=`printf '%s\n' "$val" | sed 's/[&|\\\\]/\\\\&/g'`
  script="$script
s|@$var@|$esc|g"
done
sed "$script" Makefile.in > Makefile
cat Makefile
eval "eval \"echo \$bindir\""
eval "x=\"$bindir\""; eval "x=\"$x\""; echo "$x"
(exit 7); echo "status $?"
as_fn_exit() { set +e; as_exit=$1; (exit $1); return $1; }
as_fn_exit 4; echo $?
if (set -e; false; echo unreached); then :; else echo "set -e in subshell $?"; fi
trap 'rm -f Makefile Makefile.in; echo cleaned' 0
exit 0
