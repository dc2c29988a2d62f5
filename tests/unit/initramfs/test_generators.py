# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import (
    dracut,
    generators,
    initramfs_tools,
    mkinitcpio,
    mkinitfs,
    mkinitrd_redhat,
    mkinitrd_suse,
)
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import Kernel
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

HV = ["hv_vmbus", "hv_storvsc"]
KERNEL = Kernel(images.VERSION, f"/boot/initrd.img-{images.VERSION}", f"/boot/vmlinuz-{images.VERSION}", True, "normal")


def tree_of(root, **files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return LiveTree(str(root))


def test_initramfs_tools_appends_what_is_not_named_yet_and_keeps_all_else():
    text = "# a comment: hv_vmbus\nraid1\nhv-vmbus some=option\nlast"
    assert initramfs_tools.with_modules(text, HV) == "# a comment: hv_vmbus\nraid1\nhv-vmbus some=option\nlast\nhv_storvsc\n"
    assert initramfs_tools.with_modules("hv_storvsc\nhv_vmbus", HV) == "hv_storvsc\nhv_vmbus"


def test_dracut_gets_a_drop_in_with_blanks_inside_the_quotes():
    text = dracut.with_modules(None, HV)
    assert text.splitlines()[1:] == ['add_drivers+=" hv_vmbus hv_storvsc "']
    assert dracut.with_modules(text, ["hv_vmbus"]) == text
    assert dracut.with_modules(text, ["nvme"]).splitlines()[1:] == ['add_drivers+=" hv_vmbus hv_storvsc nvme "']
    assert dracut.with_modules("", HV) == text


@pytest.mark.parametrize(
    ("release", "image"),
    [
        ("ID=debian\n", "/boot/initrd.img-5.0"),
        ('ID="sles"\nID_LIKE="suse"\n', "/boot/initrd-5.0"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "/boot/initrd-5.0"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "/boot/initramfs-5.0.img"),
        ("ID=fedora\n", "/boot/initramfs-5.0.img"),
    ],
)
def test_dracut_names_a_new_image_as_the_distribution_does(tmp_path, release, image):
    tree = tree_of(tmp_path, **{"etc/os-release": release})
    assert dracut.target(tree, Kernel("5.0", None, "/boot/vmlinuz-5.0", True, "normal")) == image


def test_dracut_is_given_version_output_and_drivers(tmp_path):
    tree = tree_of(tmp_path, **{"usr/lib/dracut/dracut-functions.sh": ""})
    assert dracut.build(tree, KERNEL, "/boot/.new", HV, "/var/tmp/w") == [
        "dracut",
        "--force",
        "--add-drivers",
        "hv_vmbus hv_storvsc",
        "--tmpdir",
        "/var/tmp/w",
        "--no-hostonly",
        "/boot/.new",
        images.VERSION,
    ]


def test_dracut_of_rhel_6_is_not_given_options_that_it_does_not_know(tmp_path):
    tree = tree_of(tmp_path, **{"usr/share/dracut/dracut-functions": ""})
    assert dracut.build(tree, KERNEL, "/boot/.new", HV, "/var/tmp/w") == [
        "dracut",
        "--force",
        "--add-drivers",
        "hv_vmbus hv_storvsc",
        "/boot/.new",
        images.VERSION,
    ]


def test_a_line_that_keeps_drivers_out_is_named(tmp_path):
    tree = tree_of(
        tmp_path,
        **{
            "etc/dracut.conf": '# omit_drivers+=" hv_vmbus "\n',
            "usr/lib/dracut/dracut.conf.d/a.conf": 'omit_drivers+=" hv_vmbus "\n',
            "etc/dracut.conf.d/a.conf": "\n omit_drivers+=' floppy hv-storvsc '\n",
        },
    )
    assert dracut.obstacles(tree, HV) == ["/etc/dracut.conf.d/a.conf line 2: omit_drivers+=' floppy hv-storvsc '"]


def test_a_later_file_that_replaces_the_list_is_named(tmp_path):
    tree = tree_of(
        tmp_path,
        **{
            "etc/dracut.conf.d/a.conf": 'add_drivers=" floppy "\n',
            "etc/dracut.conf.d/zzz.conf": 'add_drivers=" hv_vmbus "\n',
            "etc/dracut.conf.d/zzzz.conf": 'add_drivers+=" floppy "\nadd_drivers=" hv_vmbus hv_storvsc "\n',
        },
    )
    assert dracut.obstacles(tree, HV) == ['/etc/dracut.conf.d/zzz.conf line 1: add_drivers=" hv_vmbus "']


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("MODULES=()\nHOOKS=(base udev)\n", "MODULES=()\nHOOKS=(base udev)\nMODULES+=(hv_vmbus hv_storvsc)\n"),
        ("MODULES=(ext4\n  hv-vmbus) # c\n", "MODULES=(ext4\n  hv-vmbus) # c\nMODULES+=(hv_storvsc)\n"),
        ('MODULES=(hv_vmbus "hv_storvsc")\n', 'MODULES=(hv_vmbus "hv_storvsc")\n'),
        ('#MODULES="old"\nMODULES="piix ide_disk"\n', '#MODULES="old"\nMODULES="piix ide_disk hv_vmbus hv_storvsc"\n'),
        ("", "MODULES+=(hv_vmbus hv_storvsc)\n"),
    ],
)
def test_mkinitcpio_extends_the_array_or_the_old_string(before, after):
    assert mkinitcpio.with_modules(before, HV) == after
    assert mkinitcpio.with_modules(after, HV) == after


PRESET = """# mkinitcpio preset file for the 'linux' package
#ALL_config="/etc/mkinitcpio.conf"
ALL_kver="/boot/vmlinuz-linux"
PRESETS=('default' 'fallback')
#default_config="/etc/mkinitcpio.conf"
default_image="/boot/initramfs-linux.img"
#default_options="--splash /usr/share/systemd/bootctl/splash-arch.bmp"
fallback_image="/boot/initramfs-linux-fallback.img"
fallback_options="-S autodetect"
"""


def test_mkinitcpio_builds_each_image_as_its_preset_does(tmp_path):
    tree = tree_of(tmp_path, **{"etc/mkinitcpio.d/linux.preset": PRESET, "etc/mkinitcpio.conf.d/x.conf": ""})
    assert mkinitcpio.config_file(tree) == "/etc/mkinitcpio.conf.d/zz-imagewright-azure.conf"
    kernel = Kernel("6.12.1-arch1-1", "/boot/initramfs-linux.img", "/boot/vmlinuz-linux", True, "normal")
    start = ["mkinitcpio", "-k", "6.12.1-arch1-1", "-g", "/boot/.new", "-t", "/var/tmp/w"]
    assert mkinitcpio.build(tree, kernel, "/boot/.new", HV, "/var/tmp/w") == start
    fallback = kernel._replace(image="/boot/initramfs-linux-fallback.img")
    assert mkinitcpio.build(tree, fallback, "/boot/.new", HV, "/var/tmp/w") == [*start, "-S", "autodetect"]
    assert mkinitcpio.target(tree, kernel._replace(image=None)) == "/boot/initramfs-linux.img"


def test_mkinitcpio_edits_the_file_that_a_preset_names_because_drop_ins_are_ignored_then(tmp_path):
    preset = PRESET.replace("#ALL_config", "ALL_config")
    tree = tree_of(tmp_path, **{"etc/mkinitcpio.d/linux.preset": preset, "etc/mkinitcpio.conf.d/x.conf": "", "etc/mkinitcpio.conf": "MODULES=()\n"})
    (edit,) = mkinitcpio.config_edits(tree, HV)
    assert (edit.path, edit.after) == ("/etc/mkinitcpio.conf", "MODULES=()\nMODULES+=(hv_vmbus hv_storvsc)\n")
    kernel = Kernel("6.12.1-arch1-1", "/boot/initramfs-linux.img", "/boot/vmlinuz-linux", True, "normal")
    assert mkinitcpio.build(tree, kernel, "/boot/.new", HV, "/var/tmp/w")[-2:] == ["-c", "/etc/mkinitcpio.conf"]


@pytest.mark.parametrize(
    ("preset", "paths"),
    [
        ('PRESETS=(\'default\')\ndefault_config="/etc/my.conf" # mine\ndefault_image="/boot/a.img"\n', ["/etc/my.conf"]),
        (
            "PRESETS=('default' 'fallback')\ndefault_config=/etc/my.conf\ndefault_image=/boot/a.img\nfallback_image=/boot/b.img # all\n",
            ["/etc/mkinitcpio.conf.d/zz-imagewright-azure.conf", "/etc/my.conf"],
        ),
        ('CONF=/etc/my.conf\nALL_config="$CONF"\nPRESETS=(default)\ndefault_image="/boot/a.img"\n', ["/etc/my.conf"]),
        ("PRESETS=(default)\ndefault_image=/boot/a.img\nfallback_config=/etc/unused.conf\n", ["/etc/mkinitcpio.conf.d/zz-imagewright-azure.conf"]),
    ],
)
def test_mkinitcpio_edits_what_each_preset_reads(tmp_path, preset, paths):
    tree = tree_of(tmp_path, **{"etc/mkinitcpio.d/linux.preset": preset, "etc/mkinitcpio.conf.d/x.conf": ""})
    assert [edit.path for edit in mkinitcpio.config_edits(tree, HV)] == paths


def test_mkinitcpio_gives_the_next_kernels_preset_the_modules_too(tmp_path):
    tree = tree_of(
        tmp_path,
        **{
            "etc/mkinitcpio.d/linux.preset": "ALL_config=/etc/my.conf\nPRESETS=('default')\n",
            "etc/mkinitcpio.conf.d/x.conf": "",
            "usr/share/mkinitcpio/hook.preset": "#ALL_config=\"/etc/mkinitcpio.conf\"\nPRESETS=('default')\n",
        },
    )
    assert [edit.path for edit in mkinitcpio.config_edits(tree, HV)] == ["/etc/mkinitcpio.conf.d/zz-imagewright-azure.conf", "/etc/my.conf"]


def test_mkinitcpio_takes_options_as_an_array_and_comments_for_none(tmp_path):
    preset = "PRESETS=('default')\ndefault_image='/boot/initramfs-linux.img'  # it\ndefault_options=('-S' 'autodetect'\n '--x=a b')\n"
    tree = tree_of(tmp_path, **{"etc/mkinitcpio.d/linux.preset": preset})
    kernel = Kernel("6.12.1-arch1-1", "/boot/initramfs-linux.img", "/boot/vmlinuz-linux", True, "normal")
    assert mkinitcpio.build(tree, kernel, "/boot/.new", HV, "/var/tmp/w")[7:] == ["-S", "autodetect", "--x=a b"]


def test_mkinitfs_extends_the_last_line_of_features_which_counts():
    assert mkinitfs.with_feature('features="ata"\nfeatures="base scsi"\n') == 'features="ata"\nfeatures="base scsi azure"\n'


def test_suse_11_gets_its_list_extended():
    text = '## Type: string\nINITRD_MODULES="piix ata_piix hv-vmbus"\nDOMU_INITRD_MODULES="xennet"\n'
    after = mkinitrd_suse.with_modules(text, HV)
    assert after == text.replace("hv-vmbus", "hv-vmbus hv_storvsc")
    assert mkinitrd_suse.with_modules(after, HV) == after
    kernel = KERNEL._replace(image="/boot/initrd-3.0.101-63-default", vmlinuz="/boot/vmlinuz-3.0.101-63-default", version="3.0.101-63-default")
    assert mkinitrd_suse.build(None, kernel, "/boot/.initrd.new", HV, "/var/tmp/w") == [
        "mkinitrd",
        "-b",
        "/boot",
        "-k",
        "vmlinuz-3.0.101-63-default",
        "-i",
        ".initrd.new",
    ]


def test_rhel_5_gets_aliases_behind_those_that_there_are():
    text = "alias eth0 e1000\nalias scsi_hostadapter ata_piix\nalias scsi_hostadapter1 hv_vmbus\n"
    assert mkinitrd_redhat.with_modules(text, HV) == text + "alias scsi_hostadapter2 hv_storvsc\n"
    assert mkinitrd_redhat.with_modules("", HV) == "alias scsi_hostadapter hv_vmbus\nalias scsi_hostadapter1 hv_storvsc\n"
    assert mkinitrd_redhat.build(None, KERNEL, "/boot/.new", HV, "/var/tmp/w") == [
        "mkinitrd",
        "-f",
        "--preload=hv_vmbus",
        "--preload=hv_storvsc",
        "/boot/.new",
        images.VERSION,
    ]


def test_alpine_gets_a_feature_with_the_modules_paths(tmp_path):
    images.write_kernel(tmp_path, version="6.6.7-0-lts")
    tree = tree_of(tmp_path, **{"etc/mkinitfs/mkinitfs.conf": 'disable_trigger=no\nfeatures="ata base ext4"\n'})
    feature, main = mkinitfs.config_edits(tree, [*HV, "pci_hyperv"])
    assert feature.path == "/etc/mkinitfs/features.d/azure.modules"
    assert feature.after.splitlines() == [
        "kernel/drivers/hv/hv_vmbus.ko*",
        "kernel/drivers/scsi/hv_storvsc.ko*",
        "kernel/drivers/pci/controller/pci-hyperv.ko*",
    ]
    assert main.after == 'disable_trigger=no\nfeatures="ata base ext4 azure"\n'
    assert mkinitfs.with_feature(main.after) == main.after
    with pytest.raises(ImagewrightError, match="cannot add the feature azure in /etc/mkinitfs/mkinitfs.conf: its features are not one quoted text"):
        mkinitfs.with_feature("features=$(cat /etc/features)\n")


def programs(root, *names):
    for name in names:
        (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
        (root / "usr/sbin" / name).write_text("#!/bin/sh\nmkinitramfs -o x\n" if name == "update-initramfs" else "#!/bin/sh\n")


@pytest.mark.parametrize(
    ("installed", "files", "expected"),
    [
        (["mkinitramfs", "update-initramfs"], {}, "initramfs-tools"),
        (["dracut"], {}, "dracut"),
        (["dracut", "mkinitramfs"], {"etc/kernel/postinst.d/initramfs-tools": ""}, "dracut"),  # removed, not purged
        (["dracut", "mkinitrd"], {"etc/sysconfig/kernel": 'INITRD_MODULES=""\n'}, "dracut"),  # SLES 12: a wrapper
        (["mkinitrd"], {"etc/sysconfig/kernel": 'INITRD_MODULES="piix"\n'}, "mkinitrd-suse"),
        (["mkinitrd", "nash"], {}, "mkinitrd-redhat"),
        (["mkinitcpio"], {}, "mkinitcpio"),
        (["mkinitfs"], {}, "mkinitfs"),
        (["mkinitramfs", "update-initramfs", "dracut"], {"etc/kernel/postinst.d/initramfs-tools": ""}, "initramfs-tools"),
        (["mkinitcpio", "dracut"], {"usr/lib/kernel/install.d/50-dracut.install": ""}, "dracut"),
    ],
)
def test_the_generator_that_is_installed_and_called_for_new_kernels_is_chosen(tmp_path, installed, files, expected):
    programs(tmp_path, *installed)
    assert expected == generators.choose(tree_of(tmp_path, **files), "auto", []).NAME


def test_of_two_generators_the_one_that_built_the_image_is_chosen(tmp_path):
    programs(tmp_path, "dracut", "mkinitcpio")
    images.write_kernel(tmp_path, image=images.main_archive(extra=[images.member("init_functions")]))
    tree = LiveTree(str(tmp_path))
    assert generators.choose(tree, "auto", [KERNEL]).NAME == "mkinitcpio"
    with pytest.raises(ImagewrightError, match="dracut and mkinitcpio are installed; set `generator`"):
        generators.choose(tree, "auto", [])
    assert generators.choose(tree, "dracut", []).NAME == "dracut"


def test_a_generator_that_is_not_installed_is_named(tmp_path):
    with pytest.raises(ImagewrightError, match="with mkinitfs: it is not installed"):
        generators.choose(LiveTree(str(tmp_path)), "mkinitfs", [])
    with pytest.raises(ImagewrightError, match="none of dracut, initramfs-tools, .* is installed"):
        generators.choose(LiveTree(str(tmp_path)), "auto", [])
