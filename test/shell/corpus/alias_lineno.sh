alias hi='echo hello'
hi world
alias e='echo ' w='world '
e w w
alias two='echo a; echo b'
two
\hi 2>/dev/null || echo unaliased
'hi' 2>/dev/null || echo quoted
alias loop='loop x' ; loop 2>/dev/null || echo no loop
alias a1=a2 a2=a1; a1 2>/dev/null || echo cycle
alias if2='if true; then'
if2 echo kw; fi
unalias hi; hi 2>/dev/null || echo gone
alias g='for i in'
g 1 2; do echo $i; done
alias p='echo one |'
p cat
f() { hi; }
alias hi='echo late'
f 2>/dev/null || echo parsed before
echo $LINENO
echo $LINENO; echo \
$LINENO
eval 'alias ev="echo eval"
ev yes'
alias x='echo "'
x in quotes"
unalias -a; alias
