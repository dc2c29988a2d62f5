# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs for recorded trees, which busybox runs: each does what the release's own one would do with the same files.

Written after the manuals of the programs that they stand for, with none of their text.
"""

#: Write an initramfs as the release's generator does. For the function's caller: $version, $output, $names (drivers), $marks (members of its own).
_IMAGE = """
work=$(mktemp -d)
mkdir -p "$work/lib/modules/$version"
echo '#!/bin/sh' > "$work/init"
for member in bin/sh sbin/modprobe sbin/udevd $marks; do
  mkdir -p "$work/${member%/*}"
  cp /usr/bin/sudo "$work/$member"
done
chmod 755 "$work/init"
list=/lib/modules/$version/modules.dep
for name in $names; do
  pattern=$(echo "$name" | sed 's/[-_]/[-_]/g')
  path=$(sed -n "s|^\\([^:]*/$pattern\\.ko\\):.*|\\1|p" "$list")
  [ -n "$path" ] || { echo "no driver $name for $version" >&2; continue; }
  mkdir -p "$work/lib/modules/$version/${path%/*}"
  cp "/lib/modules/$version/$path" "$work/lib/modules/$version/$path"
  grep "^$path:" "$list" >> "$work/lib/modules/$version/modules.dep"
done
for index in modules.dep.bin modules.alias.bin modules.alias; do echo index > "$work/lib/modules/$version/$index"; done
"""
_PACK = """
(cd "$work" && find . | sed 's|^\\./||' | grep -v '^\\.$' | cpio -o -H newc 2>/dev/null) > "$output"
rm -rf "$work"
"""

#: mkinitramfs of initramfs-tools. With MODULES=dep it takes what the machine that it runs on needs, besides the list.
MKINITRAMFS = f"""#!/bin/sh
set -e
while [ $# -gt 0 ]; do
  case $1 in -o) output=$2; shift ;; *) version=$1 ;; esac
  shift
done
. /etc/initramfs-tools/initramfs.conf
for file in /etc/initramfs-tools/conf.d/*; do [ ! -f "$file" ] || . "$file"; done
names="sd_mod ext4"
[ "$MODULES" != most ] || names="$names hv_vmbus hv_storvsc hv_netvsc"
names="$names $(sed 's/#.*//' /etc/initramfs-tools/modules | awk '{{ print $1 }}' | tr '\\n' ' ')"
names=$(echo $names | tr ' ' '\\n' | sort -u)
marks="scripts/functions conf/initramfs.conf"
{_IMAGE}
[ -z "$RESUME" ] || {{ mkdir -p "$work/conf/conf.d"; echo "RESUME=$RESUME" > "$work/conf/conf.d/resume"; }}
if [ -f /etc/udev/rules.d/70-persistent-net.rules ]; then
  mkdir -p "$work/etc/udev/rules.d"
  cp /etc/udev/rules.d/70-persistent-net.rules "$work/etc/udev/rules.d/"
fi
{_PACK}"""

#: mkinitrd of Red Hat 5: the aliases of modprobe.conf, and what comes first.
MKINITRD_RED_HAT = f"""#!/bin/sh
set -e
while [ $# -gt 0 ]; do
  case $1 in
    --preload=*) added="$added ${{1#*=}}" ;;
    -*) ;;
    *) if [ -z "$output" ]; then output=$1; else version=$1; fi ;;
  esac
  shift
done
names="sd_mod ext3 $added $(awk '$1 == "alias" && $2 ~ /^scsi_hostadapter/ {{ print $3 }}' /etc/modprobe.conf | tr '\n' ' ')"
names=$(echo $names | tr ' ' '\n' | sort -u)
marks="bin/nash bin/insmod"
{_IMAGE}{_PACK}"""
#: mkinitrd of SUSE 11: the list in its file alone; the kernel and the image are named from the directory of -b.
MKINITRD_SUSE = f"""#!/bin/sh
set -e
while [ $# -gt 0 ]; do
  case $1 in -b) folder=$2; shift ;; -k) kernel=$2; shift ;; -i) image=$2; shift ;; esac
  shift
done
output=$folder/$image version=${{kernel##*/vmlinuz-}}
[ -e "$folder/$kernel" ] || {{ echo "no kernel $folder/$kernel" >&2; exit 1; }}
. /etc/sysconfig/kernel
names=$(echo sd_mod ext3 $INITRD_MODULES | tr ' ' '\n' | sort -u)
marks="run_all.sh config/start.sh"
{_IMAGE}{_PACK}"""

#: dracut: what its configuration adds and the command line, for this machine alone unless it is told otherwise.
DRACUT = f"""#!/bin/sh
set -e
hostonly=yes
while [ $# -gt 0 ]; do
  case $1 in
    --add-drivers) added=$2; shift ;;
    --tmpdir) TMPDIR=$2; shift ;;
    --no-hostonly) hostonly= ;;
    -*) ;;
    *) if [ -z "$output" ]; then output=$1; else version=$1; fi ;;
  esac
  shift
done
add_drivers= omit_dracutmodules=
add() {{ sed -n "s/^$1+=[\\"']\\([^\\"']*\\).*/\\1/p" /etc/dracut.conf /etc/dracut.conf.d/*.conf 2>/dev/null; }}
names="sd_mod xfs ext4 $(add add_drivers | tr '\\n' ' ') $added"
names=$(echo $names | tr ' ' '\\n' | sort -u)
marks="usr/lib/dracut-lib.sh"
{_IMAGE}
device=$(awk '$3 == "swap" {{ print $1 }}' /etc/fstab)
if [ -n "$hostonly$device" ] && [ -n "$hostonly" ] && ! add omit_dracutmodules | grep -q resume; then
  mkdir -p "$work/etc/cmdline.d"
  echo "resume=$device" > "$work/etc/cmdline.d/95resume.conf"
fi
{_PACK}"""

#: grub-mkconfig. {title} of the system, {first}: the name of its first entry, which some releases have only in a submenu; {command}: of a kernel,
#: {image}: the name of an initramfs before and after the version; {recovery}: parameters of such an entry; {more}: lines behind.
MKCONFIG = """#!/bin/sh
set -e
output=/dev/stdout
while [ $# -gt 0 ]; do
  case $1 in -o) output=$2; shift ;; --output=*) output=${{1#*=}} ;; esac
  shift
done
. /etc/default/grub
for file in /etc/default/grub.d/*.cfg; do [ ! -f "$file" ] || . "$file"; done
uuid={uuid}
entry() {{  # indentation, title, version, parameters
  printf "%smenuentry '%s' --class {word} --class gnu-linux --class gnu --class os {{\\n" "$1" "$2"
  printf "%s\\tinsmod gzio\\n%s\\tinsmod ext2\\n%s\\tset root='hd0,msdos1'\\n" "$1" "$1" "$1"
  printf "%s\\tsearch --no-floppy --fs-uuid --set=root %s\\n" "$1" "$uuid"
  printf "%s\\techo\\t'Loading Linux %s ...'\\n" "$1" "$3"
  printf "%s\\t{command}\\t/boot/vmlinuz-%s root=UUID=%s {read_only}%s\\n" "$1" "$3" "$uuid" "$4"
  printf "%s\\techo\\t'Loading initial ramdisk ...'\\n%s\\t{initrd}\\t/boot/{image}\\n%s}}\\n" "$1" "$1" "$3" "$1"
}}
handoff() {{ case " $1 " in *" splash "*) echo ' $vt_handoff' ;; esac; }}
{{
  echo '#'
  echo '# DO NOT EDIT THIS FILE'
  echo '#'
  echo '# It is automatically generated by {program} using templates'
  echo '# from /etc/grub.d and settings from /etc/default/grub'
  echo '#'
  echo
  echo '### BEGIN /etc/grub.d/00_header ###'
  [ -z "$GRUB_SERIAL_COMMAND" ] || echo "$GRUB_SERIAL_COMMAND"
  [ -z "$GRUB_TERMINAL" ] || {{ echo "terminal_input $GRUB_TERMINAL"; echo "terminal_output $GRUB_TERMINAL"; }}
  echo "set timeout=$GRUB_TIMEOUT"
  echo '### END /etc/grub.d/00_header ###'
  echo
  echo '### BEGIN /etc/grub.d/10_linux ###'
{linux}  echo '### END /etc/grub.d/10_linux ###'
{more}}} > "$output.new"
cat "$output.new" > "$output"
rm "$output.new"
"""
_VERSIONS = "$(ls /boot | sed -n 's/^vmlinuz-//p' | grep -v rescue | sort -r)"
_OF_DEBIAN = "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
#: GRUB 1.99: all entries at the top.
FLAT = f"""  for version in {_VERSIONS}; do
    entry '' '{{title}}, with Linux '$version $version " {_OF_DEBIAN}$({{handoff}} "{_OF_DEBIAN}")"
    [ "$GRUB_DISABLE_RECOVERY" = true ] ||
      entry '' '{{title}}, with Linux '$version' (recovery mode)' $version " {{recovery}} $GRUB_CMDLINE_LINUX"
  done
"""
#: GRUB 2.02: the newest kernel, then all of them in a submenu.
NESTED = f"""  newest=$(echo "{_VERSIONS}" | head -n 1)
  entry '' '{{title}}' $newest " {_OF_DEBIAN}$({{handoff}} "{_OF_DEBIAN}")"
  echo "submenu 'Advanced options for {{title}}' \\$menuentry_id_option 'gnulinux-advanced-$uuid' {{{{"
  for version in {_VERSIONS}; do
    entry '\t' '{{title}}, with Linux '$version $version " {_OF_DEBIAN}$({{handoff}} "{_OF_DEBIAN}")"
{{alternative}}    [ "$GRUB_DISABLE_RECOVERY" = true ] ||
      entry '\t' '{{title}}, with Linux '$version' (recovery mode)' $version " {{recovery}} $GRUB_CMDLINE_LINUX"
  done
  echo '}}}}'
"""
#: Red Hat 7: no submenu, no recovery entries, and the rescue kernel.
RED_HAT = """  for version in $(ls /boot | sed -n 's/^vmlinuz-//p' | sort -r); do
    entry '' 'Red Hat Enterprise Linux Server ('$version') 7.9 (Maipo)' $version " $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
  done
"""
#: SUSE: no ro, a variable for the parameters of one boot, and recovery entries.
SUSE = f"""  newest=$(echo "{_VERSIONS}" | head -n 1)
  entry '' 'SLES 12-SP5' $newest " \\${{extra_cmdline}} {_OF_DEBIAN}"
  echo "submenu 'Advanced options for SLES 12-SP5' --hotkey=1 \\$menuentry_id_option 'gnulinux-advanced-$uuid' {{"
  for version in {_VERSIONS}; do
    entry '	' 'SLES 12-SP5, with Linux '$version $version " \\${{extra_cmdline}} {_OF_DEBIAN}"
    entry '	' 'SLES 12-SP5, with Linux '$version' (recovery mode)' $version " \\${{extra_cmdline}} $GRUB_CMDLINE_LINUX_RECOVERY $GRUB_CMDLINE_LINUX"
  done
  echo '}}'
"""

UPDATE_GRUB = '#!/bin/sh\nset -e\nexec grub-mkconfig -o /boot/grub/grub.cfg "$@"\n'

#: What a package brings lies below /var/lib/recorded/packages, as on the mirror of the release.
_FROM_MIRROR = """
mirror=/var/lib/recorded/packages
unpack() { (cd "$mirror/$1" && find . -type d | while read -r name; do mkdir -p "/$name"; done; find . -type f -o -type l | while read -r name; do
  cp -a "$name" "/$name"; done); }
"""
APT_GET = f"""#!/bin/sh
set -e
{_FROM_MIRROR}
simulated= names=
while [ $# -gt 0 ]; do
  case $1 in -o) shift ;; -s) simulated=yes ;; -*) ;; update) exit 0 ;; install) ;; *) names="$names $1" ;; esac
  shift
done
for name in $names; do
  [ -d "$mirror/$name" ] || {{ echo "E: Unable to locate package $name" >&2; exit 100; }}
done
[ -z "$simulated" ] || exit 0
for name in $names; do
  unpack "$name"
  printf 'Package: %s\\nStatus: install ok installed\\nVersion: 1\\n\\n' "$name" >> /var/lib/dpkg/status
  # Conflicts: time-daemon
  [ "$name" != chrony ] || {{ rm -f /usr/sbin/ntpd; sed -i '/^Package: ntp$/,/^$/d' /var/lib/dpkg/status; }}
done
"""
UPDATE_RC = """#!/bin/sh
set -e
name=$1 action=$2
[ -e "/etc/init.d/$name" ] || { echo "update-rc.d: error: no script $name" >&2; exit 1; }
move() {  # from, to
  for link in /etc/rc[0-6].d/"$1"[0-9][0-9]"$name"; do
    [ ! -h "$link" ] || mv "$link" "${link%/*}/$2${link##*/$1}"
  done
}
case $action in
  disable) move S K ;;
  enable) move K S ;;
  defaults) ls /etc/rc?.d/[SK][0-9][0-9]"$name" >/dev/null 2>&1 ||
    for level in 2 3 4 5; do ln -s "../init.d/$name" "/etc/rc$level.d/S20$name"; done ;;
esac
"""
#: Red Hat has the links below /etc/rc.d, SUSE below /etc/init.d.
CHKCONFIG = """#!/bin/sh
set -e
name=$1 from=K to=S
[ "$2" = on ] || { from=S; to=K; }
for level in 2 3 4 5; do
  for folder in /etc/rc.d/rc$level.d /etc/init.d/rc$level.d; do
    [ -d "$folder" ] || continue
    found=$(ls "$folder" | grep "^$from[0-9][0-9]$name\\$" || true)
    if [ -n "$found" ]; then mv "$folder/$found" "$folder/$to${found#?}"
    elif [ $to = S ] && ! ls "$folder" | grep -q "^S[0-9][0-9]$name\\$"; then ln -s "../${folder##*/rc.d/}/$name" "$folder/S20$name"; fi
  done
done
"""
SYSTEMCTL = """#!/bin/sh
set -e
action=$1 name=${2%.service}
unit=$(ls /etc/systemd/system/$name.service /usr/lib/systemd/system/$name.service /lib/systemd/system/$name.service 2>/dev/null | head -n 1)
if [ -z "$unit" ]; then
  exec update-rc.d "$name" "$action"
fi
for target in $(sed -n 's/^WantedBy=//p' "$unit"); do
  link=/etc/systemd/system/$target.wants/$name.service
  case $action in
    enable) mkdir -p "${link%/*}"; ln -sf "$unit" "$link" ;;
    disable) rm -f "$link" ;;
  esac
done
"""
DPKG_QUERY = """#!/bin/sh
for name; do :; done
grep -qx "Package: $name" /var/lib/dpkg/status || { echo "dpkg-query: no packages found matching $name" >&2; exit 1; }
printf 'ii '
"""
YUM = f"""#!/bin/sh
set -e
{_FROM_MIRROR}
names=
for word; do case $word in -*|install) ;; *) names="$names $word" ;; esac; done
for name in $names; do
  [ -d "$mirror/$name" ] || {{ echo "No package $name available." >&2; exit 1; }}
  unpack "$name"
  echo "$name" >> /var/lib/recorded/installed
done
"""
RPM = """#!/bin/sh
[ "$1" = -q ] || exit 1
for name; do :; done
grep -qx "$name" /var/lib/recorded/installed || { echo "package $name is not installed"; exit 1; }
echo "$name-1-1.x86_64"
"""
#: The programs of busybox that the others here call.
APPLETS = (
    "awk",
    "basename",
    "cat",
    "chmod",
    "cp",
    "cpio",
    "cut",
    "echo",
    "env",
    "find",
    "grep",
    "head",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "printf",
    "rm",
    "run-parts",
    "sed",
    "sh",
    "sort",
    "tail",
    "test",
    "tr",
    "uname",
)
