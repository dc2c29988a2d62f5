# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the drivers get and what is asked of them: options of modprobe.d, signatures, IMA."""

from unit.initramfs.images import elf_module
from unit.readiness.cases.common import grub
from unit.readiness.guest_tree import IN_INITRAMFS, INITRAMFS, KERNEL, MODULES, initramfs

_CONF, _POLICY = "/etc/modprobe.d/own.conf", "/etc/ima/ima-policy"
_STORAGE = f"/lib/modules/{KERNEL}/kernel/{MODULES['hv_storvsc']}"
_DRIVER = {_STORAGE: elf_module(b"code", KERNEL, parameters=["storvsc_ringbuffer_size:int", "storvsc_vcpus_per_sub_channel:int", "logging:bool"])}
_SIGNED = b"signature~Module signature appended~\n"
_ALL_SIGNED = {
    f"/lib/modules/{KERNEL}/kernel/{MODULES[name]}": elf_module(b"code", KERNEL) + _SIGNED for name in ("hv_vmbus", "hv_storvsc", "hv_netvsc", "sd_mod", "ext4")
}
_CONFIGURATION = f"/boot/config-{KERNEL}"
_APPRAISING = {_CONFIGURATION: "CONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_IMA=y\nCONFIG_IMA_APPRAISE=y\n"}
_MENU = ("/boot/grub/grub.cfg", 3)


def _options(text):
    return {**_DRIVER, _CONF: text + "\n"}


def _line(words):
    return grub("ro ", f"ro {words} ")


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R17i", _options("# own\noptions hv_storvsc storvsc_ringbuffer_size=abc"), (_CONF, 2)),
    ("R17i", _options("options hv-storvsc logging=1 storvsc_ringbuffer_size"), (_CONF, 1)),
    ("R17i", _options("options hv_storvsc \\\n storvsc_ringbuffer_size=99999999999"), (_CONF, 1)),
    ("R17i", _options("options hv_storvsc logging=perhaps"), (_CONF, 1)),
    ("R17i", _options("options hv_storvsc storvsc_vcpus_per_sub_channel=0"), (_CONF, 1)),
    ("R17i", _options("options hv_storvsc storvsc_ringbuffer_size=4096"), (_CONF, 1)),
    ("R17i", {**_DRIVER, **_line("hv_storvsc.storvsc_ringbuffer_size=1M")}, _MENU),
    (
        "R17i",
        {**_DRIVER, INITRAMFS: initramfs(IN_INITRAMFS, {"etc/modprobe.d/own.conf": "options hv_storvsc storvsc_ringbuffer_size=abc\n"})},
        (INITRAMFS, None),
    ),
    ("R17j", _line("module.sig_enforce=1"), (f"/lib/modules/{KERNEL}/kernel/{MODULES['hv_vmbus']}", None)),
    ("R17j", {**_ALL_SIGNED, _STORAGE: elf_module(b"code", KERNEL), **_line("lockdown=integrity")}, (_STORAGE, None)),
    ("R82", {**_APPRAISING, _POLICY: "# own\nappraise func=BPRM_CHECK appraise_type=imasig\n"}, (_POLICY, 2)),
    ("R82", {**_APPRAISING, _POLICY: "measure func=BPRM_CHECK\nappraise fowner=0\n"}, (_POLICY, 2)),
    ("R82", {**_APPRAISING, _POLICY: "appraise func=MODULE_CHECK appraise_type=imasig\n"}, (_POLICY, 1)),
    ("R82", {**_APPRAISING, **_line("ima_policy=secure_boot")}, _MENU),
    ("R82", {**_APPRAISING, **_line("ima_appraise_tcb ima_appraise=enforce")}, _MENU),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [("R17j", {**_ALL_SIGNED, **_line("module.sig_enforce=1 lockdown=confidentiality")})]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R17i", _options("options hv_storvsc storvsc_ringbuffer_size=0x100000 nosuch=abc logging\noptions nvidia x=y")),  # what it has not is passed over
    ("R17i", _options("#options hv_storvsc storvsc_ringbuffer_size=abc\nsoftdep hv_storvsc pre: hv_vmbus")),
    ("R17i", {**_DRIVER, **_line("hv_storvsc.storvsc_ringbuffer_size=1048576 scsi_mod.scan=async")}),
    ("R17i", {**_DRIVER, **_line("scsi_mod.scan=none")}),  # R63 tells
    ("R17i", _options("options scsi_mod scan=none")),  # which this kernel has built in
    ("R17j", _line("module.sig_enforce=0 lockdown=none")),
    ("R17j", {**_line("module.sig_enforce=1"), _CONFIGURATION: "CONFIG_SERIAL_8250_CONSOLE=y\n# CONFIG_MODULE_SIG is not set\n"}),
    ("R82", {**_APPRAISING, _POLICY: "measure func=BPRM_CHECK\n"}),
    ("R82", {**_APPRAISING, _POLICY: "dont_appraise\nappraise func=BPRM_CHECK\n"}),
    ("R82", {**_APPRAISING, _POLICY: "appraise func=BPRM_CHECK obj_type=build_t\nappraise func=FILE_CHECK fowner=1000\nappraise func=POLICY_CHECK\n"}),
    ("R82", {**_APPRAISING, _POLICY: "appraise func=MODULE_CHECK appraise_type=imasig|modsig\n"}),
    ("R82", {**_APPRAISING, **_line("ima_policy=tcb ima_appraise=enforce")}),
    ("R82", {**_APPRAISING, **_line("ima_policy=appraise_tcb ima_appraise=fix")}),
    ("R82", {_POLICY: "appraise func=BPRM_CHECK\n", _CONFIGURATION: "CONFIG_SERIAL_8250_CONSOLE=y\n# CONFIG_IMA_APPRAISE is not set\n"}),
]
