echo 'single $x `y` \z' "double \$ \` \" \\ \a" \a\ b\$c
echo "a'b" 'a"b' a"b c"d'e f'g
echo "line one
line two" 'and
three'
echo con\
tinued "and\
 quoted"
x='a  b'
echo $x "$x" '$x' \$x "${x}" "'$x'"
echo "" '' ""'' | cat
set -- "" '' a"" ; echo $#
echo $'tab\there' $'nl\\n' $'\x41\102\101' $'q\'q'
echo a#b #comment
echo "#no comment" \#neither
echo \\ \\\\ '\\' "\\"
echo "$" "$ " $ "a$"
echo "`echo "in \"quotes\""`"
echo "$(echo "nested "$(echo "deep '$x'")"")"
case 'a b' in "a b") echo one;; esac
case 'a*b' in a\*b) echo two;; esac
case 'a*b' in 'a*'b) echo three;; esac
case axb in 'a*b') echo no;; a*b) echo four;; esac
