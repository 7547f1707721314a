# A container without an engine, for `unshare -m sh -e`: its root is the image, read-only, over libraries of this
# machine and with Node alone on its PATH (no shell); its user has no capabilities and no way to get any.
#   ROOT: the image. MOUNTS: lines "directory path-in-the-container ro|rw". OWNER, GROUP, GROUPS_TOO: numbers.
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mkdir -p usr/lib etc dev proc tmp .engine
mount --bind /usr/lib usr/lib
for link in lib lib64; do
  if test -L "/$link"; then cp -P "/$link" .; elif test -d "/$link"; then mkdir -p "$link"; mount --bind "/$link" "$link"; fi
done
if test -d /usr/lib64; then mkdir -p usr/lib64; mount --bind /usr/lib64 usr/lib64; fi
cp /etc/ld.so.cache /etc/hosts /etc/resolv.conf etc/
echo 'node:x:1000:1000::/home/node:/bin/sh' > etc/passwd
cp "$(command -v setpriv)" .engine/
: > .engine/node
mount --bind "$NODE" .engine/node
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t proc proc proc
echo "$MOUNTS" | while read -r directory path mode; do
  mkdir -p "$ROOT$path"
  mount --bind "$directory" "$ROOT$path"
  if test "$mode" = ro; then mount -o remount,bind,ro "$ROOT$path"; fi
done
mount -o remount,bind,ro "$ROOT"
mount -o remount,bind,ro "$ROOT/usr/lib"
cd /
exec chroot "$ROOT" /.engine/setpriv --reuid="$OWNER" --regid="$GROUP" --groups="$GROUPS_TOO" --no-new-privs \
  --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
