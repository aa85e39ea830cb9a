#!/bin/sh
# A log analyser: fields, counts and a report, with shell means and a few filters.
gen() {
  i=0
  for path in / /index.html /img/a.png /img/b.png /api/v1/users /api/v1/users /missing / / /index.html; do
    i=$((i + 1))
    status=200; [ "$path" = /missing ] && status=404; [ $((i % 7)) -eq 0 ] && status=500
    printf '10.0.0.%d - - [0%d/Jan/2024:10:%02d:00 +0000] "GET %s HTTP/1.1" %d %d\n' \
      $((i % 3 + 1)) $((i % 9 + 1)) $i "$path" $status $((i * 137 % 1000))
  done
}
gen > access.log
total=0 bytes=0 errors=
while IFS= read -r line; do
  ip=${line%% *}
  rest=${line#*\"}
  request=${rest%%\"*}
  tail=${rest#*\" }
  status=${tail% *}
  size=${tail#* }
  set -- $request
  method=$1 path=$2 proto=$3
  total=$((total + 1))
  bytes=$((bytes + size))
  case $status in
    5??) errors="$errors $path:$status" ;;
    4??) errors="$errors $path:$status" ;;
  esac
  case $path in
    *.png|*.jpg) kind=image ;;
    /api/*) kind=api ;;
    *) kind=page ;;
  esac
  eval "count_$kind=\$((\${count_$kind:-0} + 1))"
  eval "size_$kind=\$((\${size_$kind:-0} + size))"
  printf '%-8s %-4s %-16s %3d %4d\n' "$ip" "$method" "$path" "$status" "$size"
done < access.log
echo "total $total bytes $bytes mean $((bytes / total))"
for kind in api image page; do
  eval "c=\$count_$kind s=\$size_$kind"
  printf '%s: %d requests, %d bytes, %d.%d%%\n' $kind $c $s $((c * 1000 / total / 10)) $((c * 1000 / total % 10))
done
echo "errors:$errors" | tr ' ' '\n' | sort
cut -d' ' -f1 access.log | sort | uniq -c | sort -rn | while read n ip; do
  bar=; j=0
  while [ $j -lt $n ]; do bar="$bar#"; j=$((j + 1)); done
  echo "$ip $bar"
done
grep -c 'GET / ' access.log
sed -n 's/.*"GET \([^ ]*\) .*/\1/p' access.log | sort -u
