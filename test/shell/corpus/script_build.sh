# A package's build from a recipe: unpack, patch, configure, compile, check, install into a staging root, list, strip,
# write an archive with sums, and clean up whatever happened.

set -eu

top=$(mktemp -d)
status=running
log=$top/build.log

cleanup() {
	code=$?
	trap - EXIT
	cd /
	rm -rf "$top"
	[ "$status" = done ] && echo "finished, status $code" || echo "broken off while $status"
	exit $code
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

step() {
	status=$1
	shift
	say "$status"
	"$@" >> "$log" 2>&1 || { cat "$log"; die "$status failed"; }
}

# --- the recipe

cat > "$top/recipe" <<'EOF'
# name and version
pkgname=hello
pkgver=2.1
pkgrel=3
depends="libc sh>=1.0 awk"
options='strip !docs'
sources="main.in util.in
	README"
EOF

. "$top/recipe"
full=$pkgname-$pkgver-$pkgrel
case $pkgver in
*[!0-9.]* | .* | *.) die "bad version $pkgver" ;;
esac
major=${pkgver%%.*} minor=${pkgver#*.}
say "$full (major $major, minor $minor)"

for dep in $depends; do
	case $dep in
	*'>='*) printf '  needs %s from %s on\n' "${dep%%>=*}" "${dep##*>=}" ;;
	*) printf '  needs %s\n' "$dep" ;;
	esac
done

option() {
	for o in $options; do
		[ "$o" = "$1" ] && return 0
		[ "$o" = "!$1" ] && return 1
	done
	return 2
}
for name in strip docs debug; do
	if option $name; then r=yes; else r="no ($?)"; fi
	echo "  option $name: $r"
done

# --- sources

src=$top/src stage=$top/stage
mkdir -p "$src" "$stage"

unpack() {
	cat > "$src/main.in" <<'EOF'
#!@SHELL@
# debug: begin
echo debugging >&2
# debug: end
. @PREFIX@/lib/util
greet "${1-@NAME@}"
EOF
	cat > "$src/util.in" <<'EOF'
greet() {
	echo "hello, $1"
}
EOF
	printf '%s\n' '@NAME@ @VERSION@' > "$src/README"
}

patch_sources() {
	cd "$src"
	sed -i 's/"hello, \$1"/"Hello, $1!"/' util.in
	grep -q 'Hello' util.in
}

configure() {
	cd "$src"
	sed_script=
	for pair in "SHELL=/bin/sh" "PREFIX=." "NAME=world" "VERSION=$pkgver"; do
		sed_script="$sed_script;s|@${pair%%=*}@|${pair#*=}|g"
	done
	for f in *.in README; do
		sed "${sed_script#;}" "$f" > "${f%.in}.out"
	done
}

compile() {
	cd "$src"
	mkdir -p lib
	mv util.out lib/util
	if option strip; then
		awk '/^# debug: begin/ { skip = 1 } !skip; /^# debug: end/ { skip = 0 }' main.out > main
	else
		mv main.out main
	fi
	chmod +x main
}

check() {
	cd "$src"
	[ "$(./main)" = 'Hello, world!' ]
	[ "$(./main you)" = 'Hello, you!' ]
	! grep debug main
}

install_files() {
	umask 022
	mkdir -p "$stage/usr/bin" "$stage/usr/lib" "$stage/usr/share/doc"
	cp "$src/main" "$stage/usr/bin/$pkgname"
	cp "$src/lib/util" "$stage/usr/lib/"
	option docs || [ $? = 2 ] || rmdir "$stage/usr/share/doc" "$stage/usr/share"
	ln -s "$pkgname" "$stage/usr/bin/$pkgname$major"
}

step unpacking unpack
step patching patch_sources
step configuring configure
step compiling compile
step checking check
step installing install_files

# --- the package

status=packing
cd "$stage"
say contents
find . | LC_ALL=C sort | while IFS= read -r path; do
	if [ -L "$path" ]; then kind=l; elif [ -d "$path" ]; then kind=d; else kind=f; fi
	printf '%s %s' $kind "${path#.}"
	[ $kind = l ] && printf ' -> %s' "$(readlink "$path")"
	echo
done

# An archive of our own: a line for each file, its length, its bytes.
pack() {
	find . -type f | LC_ALL=C sort | while IFS= read -r path; do
		size=$(wc -c < "$path")
		printf '%s %d\n' "${path#./}" $size
		cat "$path"
	done
}
pack > "$top/$full.pack"
sum=$(sha256sum < "$top/$full.pack" | cut -c 1-12)
say "$full.pack: $(wc -c < "$top/$full.pack" | tr -d ' ') bytes, $sum"

extract() {
	while read -r path size; do
		mkdir -p "$(dirname "$path")"
		dd bs=1 count="$size" of="$path" 2> /dev/null
	done
}
mkdir "$top/again"
cd "$top/again"
extract < "$top/$full.pack"
n=0
for f in $(cd "$stage" && find . -type f); do
	cmp "$f" "$stage/$f" && n=$((n + 1))
done
say "$n files came back the same"
[ "$(sh -c '. ./usr/lib/util; greet again')" = 'Hello, again!' ] && echo "  and they run"

# --- a build that fails

( status=testing
  trap - EXIT
  set +e
  (step 'a failing step' false) 2>&1 | sed "s|$top|TOP|"
  echo "  status of the pipe $?" )

status=done
