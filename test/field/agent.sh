# The agent in the box, in place of a person at a console: runs scripts from its second serial port, one per line, and
# answers each with its exit code and output. Not part of the product: tests install it as a service.
bin=/run/field/bin
/usr/bin/busybox mkdir -p $bin
for name in $(/usr/bin/busybox --list); do
  [ -e $bin/$name ] || /usr/bin/busybox ln -s /usr/bin/busybox $bin/$name
done
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$bin
exec </dev/ttyS1 >/dev/ttyS1 2>/dev/null
stty raw -echo -echoe -echok
echo "agent ready"
while read -r id script; do
  [ -n "$script" ] || continue
  echo "$script" | base64 -d >/run/field/script
  sh /run/field/script </dev/null >/run/field/output 2>&1
  code=$?
  echo "answer $id $code $(base64 /run/field/output | tr -d '\n')."
done
