# busybox's shell/ash_test, in a container: ash.sh DIRECTORY... (none: all). Its three helpers in C as scripts.

mkdir -p /w
cp -r /t/ash_test /t/.config /w/
cd /w/ash_test
cp ../.config .
ln -s /bin/busybox ash
ln -s /bin/printenv printenv
cat > recho <<'END'
#!/bin/sh
i=0
for a; do
  i=$((i + 1))
  printf 'argv[%d] = <%s>\n' $i "$(printf %s "$a" | cat -v)"
done
END
cat > zecho <<'END'
#!/bin/sh
printf %s "$*"
END
chmod +x recho zecho
sh ./run-all "$@"
for file in *.fail; do
  [ -f "$file" ] && echo "== $file" && cat "$file"
done
