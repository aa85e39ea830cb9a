sh -c 'set -e; false; echo no'; echo $?
sh -c 'set -e; false || echo or; echo yes'; echo $?
sh -c 'set -e; if false; then :; fi; while false; do :; done; ! true; echo yes'; echo $?
sh -c 'set -e; true && false; echo no'; echo $?
sh -c 'set -e; false && true; echo yes'; echo $?
sh -c 'set -e; (false); echo no'; echo $?
sh -c 'set -e; f() { false; echo in; }; f || echo or; f; echo no'; echo $?
sh -c 'set -e; { false; echo in; } || echo no; echo yes'; echo $?
sh -c 'set -e; x=$(false); echo no'; echo $?
sh -c 'set -e; echo $(false); echo yes'; echo $?
sh -c 'set -e; false | true; echo yes'; echo $?
sh -c 'set -e; true | false; echo no'; echo $?
sh -c 'set -e; eval false; echo no'; echo $?
sh -c 'set -e; trap "echo trap" EXIT; false; echo no'; echo $?
sh -c 'set -e; for i in 1; do false; done; echo no'; echo $?
sh -c 'set -e; case a in a) false;; esac; echo no'; echo $?
sh -c 'set -e; set +e; false; echo yes'; echo $?
sh -c 'set -e; (set +e; false; echo sub); echo yes'; echo $?
sh -c 'set -eu; echo $nosuch; echo no' 2>/dev/null; echo $?
sh -c 'set -u; echo ${x-ok} ${x:-ok} "$@" $# $*; echo $1; echo no' 2>/dev/null; echo $?
sh -ec 'false; echo no'; echo $?
sh -c 'set -o errexit; false; echo no'; echo $?
sh -c 'set -e; until true; do :; done; if (false); then :; fi; echo yes'; echo $?
sh -c 'set -e; f() { return 1; }; f; echo no'; echo $?
sh -c 'set -e; f() { if false; then :; fi; }; f; echo yes'; echo $?
sh -c 'set -e; false & wait $!; echo no'; echo $?
sh -c 'set -e; nosuch_cmd; echo no' 2>/dev/null; echo $?
sh -c 'set -e; . /dev/null; echo yes'; echo $?
