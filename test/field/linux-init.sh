#!/usr/bin/busybox sh
# PID 1 of the Linux guest: its modules, its NICs under the names of their segments, and the agent.
busybox() { /usr/bin/busybox "$@"; }
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox mount -t tmpfs tmpfs /run
while read -r module; do
  busybox modprobe "$module" || echo "linux guest: no module $module"
done </etc/modules
# Tunnels of a namespace are those that somebody makes: no tunl0, gre0, sit0 of its own.
echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net
while read -r address name; do
  for path in /sys/class/net/*; do
    busybox grep -q "$address" "$path/address" && /bin/ip link set "${path##*/}" name "$name"
  done
done </etc/nics
busybox mkdir -p /run/field
exec /usr/bin/busybox sh /etc/agent.sh
