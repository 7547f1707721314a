# The mounts of a unit with ProtectSystem=strict, PrivateTmp, PrivateDevices, ProtectHome, ProcSubset=pid and
# ProtectProc=invisible, for `unshare -m sh -e`: all that the gateway may write to is /mnt/state and /mnt/run. Then its
# user, without capabilities and without a way to get any.
#   CHECKOUT, GATE, STATE, RUN, UPSTREAM: directories; the program and its arguments follow.
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
cd /mnt
mkdir sallyport gate state run upstream dev
mount --bind "$CHECKOUT" sallyport
mount --bind "$GATE" gate
mount --bind "$STATE" state
mount --bind "$RUN" run
mount --bind "$UPSTREAM" upstream
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount --move dev /dev
for hidden in /root /home; do
  if test -d "$hidden"; then mount -t tmpfs -o mode=000 tmpfs "$hidden"; fi
done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t proc -o subset=pid,hidepid=invisible proc /proc
for point in / /mnt /mnt/sallyport /mnt/gate /mnt/upstream; do
  mount -o remount,bind,ro "$point"
done
for point in / /mnt /mnt/sallyport /mnt/gate; do
  if touch "$point/written" 2> /dev/null; then
    echo "$point can be written to" >&2
    exit 9
  fi
done
cd /
exec setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
