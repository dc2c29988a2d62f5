# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options a mount takes: those of every file system, and those of the common ones. Pure.

One that the file system does not know makes the kernel refuse the mount. The lists hold what any kernel of the last fifteen years takes: what is not
in them no kernel takes.

PRIVATE: module_utils of this collection are not an interface.
Source: mount(8); Linux Documentation/admin-guide/ext4.rst, xfs.rst, Documentation/filesystems/vfat.rst, tmpfs.rst, isofs.rst, udf.rst; btrfs(5);
systemd.mount(5).
"""

import re


def _words(text):
    return frozenset(text.split())


_EVERYWHERE = _words("""
    async atime auto bind defaults dev diratime dirsync exec group iversion lazytime loop loud mand move noatime noauto nodev nodiratime noexec nofail
    nogroup noiversion nolazytime nomand noowner norelatime nostrictatime nosuid nosymfollow nouser nousers owner private rbind relatime remount ro
    rprivate rshared rslave runbindable rw seclabel shared silent slave strictatime suid symfollow sync unbindable user users _netdev _rnetdev
    comment context defcontext encryption fscontext helper loop offset pri rootcontext sizelimit smackfsdef smackfsfloor smackfshat smackfsroot
    smackfstransmute subset uhelper user
    verity.fecdevice verity.fecoffset verity.fecroots verity.hashdevice verity.hashoffset verity.oncorruption verity.roothash verity.roothashfile
    verity.roothashsig""")

_EXT = _words("""
    abort acl auto_da_alloc barrier bh block_validity bsddf bsdgroups check commit dax data data_err debug debug_want_extra_isize delalloc dioread_lock
    dioread_nolock discard errors extents fc_debug_force fc_debug_max_replay grpid grpjquota grpquota i_version init_itable inlinecrypt
    inode_readahead_blks journal journal_async_commit journal_checksum journal_dev journal_ioprio journal_path jqfmt max_batch_time max_dir_size_kb
    mb_optimize_scan mblk_io_submit min_batch_time minixdf minixdf nouid32 no_mbcache no_prefetch_block_bitmaps noacl noauto_da_alloc nobarrier nobh
    noblock_validity nocheck nodelalloc nodioread_nolock nodiscard noextents nogrpid noinit_itable nojournal_checksum noload nomblk_io_submit nombcache
    noquota norecovery noreservation nouser_xattr nowarn_on_error offgrpjquota offprjjquota offusrjquota oldalloc orlov prefetch_block_bitmaps prjquota
    quota reservation resgid resuid sb stripe sysvgroups test_dummy_encryption user_xattr usrjquota usrquota warn_on_error xip""")

_XFS = _words("""
    allocsize attr2 barrier bsdgroups dax delaylog discard filestreams gqnoenforce gquota grpid grpquota ihashsize ikeep inode32 inode64 irixsgid
    largeio lifetime logbsize logbufs logdev max_atomic_write max_open_zones mtpt noalign noattr2 nobarrier nodelaylog nodiscard nogrpid noikeep
    nolargeio nolifetime noquota norecovery nouuid osyncisdsync osyncisosync pqnoenforce pquota prjquota qnoenforce quota rtdev sunit swalloc swidth
    sysvgroups uqnoenforce uquota usrquota wsync""")

_BTRFS = _words("""
    acl alloc_start autodefrag barrier check_int check_int_data check_int_print_mask clear_cache commit compress compress-force datacow datasum degraded
    device discard enospc_debug fatal_errors flushoncommit fragment ignorebadroots ignoredatacsums inode_cache max_inline metadata_ratio noacl
    noautodefrag nobarrier nodatacow nodatasum nodiscard noenospc_debug noflushoncommit noinode_cache nologreplay norecovery nospace_cache nossd
    nossd_spread notreelog recovery ref_tracker ref_verify rescan_uuid_tree rescue skip_balance space_cache ssd ssd_spread subvol subvolid subvolrootid
    thread_pool treelog usebackuproot user_subvol_rm_allowed""")

_FAT = _words("""
    allow_utime blocksize check codepage conv cvf_format cvf_options debug discard dmask dos1xfloppy dots dotsOK errors fat flush fmask gid iocharset nfs
    nocase nodots nonumtail obsolete posix quiet rodir shortname showexec sys_immutable time_offset tz uid umask uni_xlate usefree utf8""")

_TMPFS = _words("""
    casefold gid grpquota grpquota_block_hardlimit grpquota_inode_hardlimit huge inode32 inode64 mode mpol noswap nr_blocks nr_inodes quota size
    strict_encoding uid usrquota usrquota_block_hardlimit usrquota_inode_hardlimit""")

_ISO = _words("""
    block check conv cruft dmode gid hide iocharset map mode nojoliet norock overriderockperm sbsector session showassoc uid unhide utf8""")

_UDF = _words("""
    adinicb anchor bs dmode fileset gid iocharset lastblock longad mode noadinicb nostrict novrs partition rootdir session shortad strict uid umask
    undelete unhide utf8 volume""")

#: Kind of a file system -> its own options.
_OF_KIND = {"ext2": _EXT, "ext3": _EXT, "ext4": _EXT, "xfs": _XFS, "btrfs": _BTRFS, "vfat": _FAT, "msdos": _FAT, "tmpfs": _TMPFS, "iso9660": _ISO, "udf": _UDF}

#: What one kernel or another does not take: given up since, or newer than some. Only the driver of the kernel that starts can tell.
#: Source: Linux Documentation/admin-guide/xfs.rst, "Removed Mount Options"; fs/ext4/super.c; fs/btrfs/super.c.
_OF_SOME_KERNELS = {
    "ext4": _words("""
        bh dax extents inlinecrypt journal_path mb_optimize_scan no_prefetch_block_bitmaps noacl nobh noextents noreservation nouser_xattr oldalloc orlov
        prefetch_block_bitmaps prjquota reservation xip"""),
    "xfs": _words("""
        attr2 barrier dax delaylog ihashsize ikeep irixsgid lifetime max_atomic_write max_open_zones noattr2 nobarrier nodelaylog noikeep nolifetime
        osyncisdsync osyncisosync"""),
    "btrfs": _words("""
        alloc_start check_int check_int_data check_int_print_mask ignorebadroots ignoredatacsums inode_cache noinode_cache nologreplay norecovery recovery
        rescue subvolrootid"""),
}

#: (kinds, option) -> the values that it takes.
_VALUES = {
    ("ext", "errors"): ("continue", "remount-ro", "panic"),
    ("ext", "data"): ("journal", "ordered", "writeback"),
    ("ext", "data_err"): ("abort", "ignore"),
    ("vfat", "errors"): ("continue", "remount-ro", "panic"),
    ("vfat", "shortname"): ("lower", "win95", "winnt", "mixed"),
    ("tmpfs", "huge"): ("never", "always", "within_size", "advise", "deny", "force"),
}


_SIZE, _OCTAL, _WHOLE = r"\d+[kmgtpe]?", r"[0-7]{1,5}", r"\d+"
#: (kinds, option) -> what its value looks like, in any case. A size of tmpfs may be a share of the memory, whose sign is doubled in a unit.
#: Source: as above; names of users are for mount(8).
_SHAPES = {
    ("tmpfs", "size"): _SIZE + "%{0,2}",
    ("tmpfs", "nr_blocks"): _SIZE,
    ("tmpfs", "nr_inodes"): _SIZE,
    ("tmpfs", "mode"): _OCTAL,
    ("ext", "commit"): _WHOLE,
    ("ext", "stripe"): _WHOLE,
    ("ext", "barrier"): "[01]",
    ("xfs", "logbufs"): "[2-8]",
    ("xfs", "allocsize"): _SIZE,
    ("btrfs", "commit"): _WHOLE,
    ("btrfs", "compress"): r"zlib(:[1-9])?|lzo|zstd(:-?\d{1,2})?|no|none",
    ("btrfs", "compress-force"): r"zlib(:[1-9])?|lzo|zstd(:-?\d{1,2})?|no|none",
    ("btrfs", "space_cache"): "v[12]",
    ("vfat", "umask"): _OCTAL,
    ("vfat", "dmask"): _OCTAL,
    ("vfat", "fmask"): _OCTAL,
}


def unknown(kind, options):
    """Return the options ([str]) that the file system refuses, [] for a kind whose options are not known here.

    kind: str, ``ext4``; options: [str], ``errors=remount-ro``.
    """
    if kind not in _OF_KIND:
        return []
    return [option for option in options if not _is_known(kind, option)]


def of_some_kernels(kind, options):
    """Return the options ([str]) that the file system knows, and not every kernel."""
    known = _OF_SOME_KERNELS.get(kind, ())
    return [option for option in options if option.partition("=")[0] in known]


def is_noexec(options):
    """Return whether a mount with these options ([str]) runs no programs: the last word on it counts, and user and users mean noexec, too.

    Source: mount(8).
    """
    said = [option for option in options if option in ("exec", "noexec", "user", "users")]
    return bool(said) and said[-1] != "exec"


def _is_known(kind, option):
    name, equals, value = option.partition("=")
    if not name or name.lower().startswith("x-") or name == "comment":
        return True
    key = ("ext" if kind.startswith("ext") else kind, name)
    if key in _VALUES and name in _OF_KIND[kind]:
        return value in _VALUES[key]
    if equals and key in _SHAPES and name in _OF_KIND[kind]:
        return re.fullmatch(_SHAPES[key], value, re.IGNORECASE) is not None
    return name in _EVERYWHERE or name in _OF_KIND[kind] and (not equals or bool(value) or name in ("usrjquota", "grpjquota"))
