# pjdfstest in a container: pjdfstest.sh FILE... of its tests (none: all). Each answers in TAP; openssl makes its names.

mkdir -p /w/work /usr/local/bin
cp -r /p/tests /w/
cp /p/bin/pjdfstest.wasm /w/pjdfstest
chmod 755 /w /w/pjdfstest
printf '#!/bin/sh\nmd5sum | cut -c 1-32\n' > /w/openssl
chmod +x /w/openssl
PATH=/w:$PATH
cd /w/work
[ $# -gt 0 ] || set -- $(cd /w/tests && find . -name '*.t' | cut -c 3- | sort)
for file; do
  echo "@@ $file"
  timeout 300 sh "/w/tests/$file" 2>&1
done
