# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on this checkout.

    .venv/bin/python tests/sanity/sanity.py [--every-python] [TEST ...]

ansible-test wants a folder named ansible_collections/imagewright/azure that is a git repository, and fetches
a pip installer from a server that not every build machine reaches. So the tracked files are copied to
.cache/sanity, and the installer is put where ansible-test looks first, made of the pip that PyPI has.
The ansible-test is that of the Python that runs this script, so .cache/cores/2.16/bin/python tests that release (tests/controllers/core.py).
Code is tested on that Python, too; with --every-python on all those on PATH (and of pyenv, where
it is used) that this ansible-core supports: ansible-test prints which.
"""

import argparse
import base64
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from controllers.checkout import CHECKOUT, copied  # noqa: E402

CACHE = CHECKOUT / ".cache" / "sanity"

#: Does what get-pip.py does for the arguments that ansible-test gives it.
INSTALLER = '''\
import base64, io, os, sys, tempfile, zipfile
wheel = base64.b64decode("""{wheel}""")
folder = tempfile.mkdtemp()
zipfile.ZipFile(io.BytesIO(wheel)).extractall(folder)
sys.path.insert(0, folder)
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
from pip._internal.cli.main import main
sys.exit(main(["install", "--upgrade", "--force-reinstall"] + arguments))
'''


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every-python", action="store_true", help="test on each Python found, not only on this one")
    parser.add_argument("tests", nargs="*", help="sanity tests to run [all]")
    arguments = parser.parse_args()
    programs = pathlib.Path(sys.executable).parent
    provide_pip_installer(programs)
    copy = copy_of_tracked_files()
    python = "default" if arguments.every_python else f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [str(programs / "ansible-test"), "sanity", "--color", "no", "--requirements", "--python", python]
    for test in arguments.tests:
        command += ["--test", test]
    environment = dict(
        os.environ, PATH=os.pathsep.join([str(programs), *pyenv_folders(), os.environ["PATH"]]), ANSIBLE_COLLECTIONS_PATH=str(CACHE), PIP_QUIET="1"
    )
    sys.exit(subprocess.run(command, cwd=copy, env=environment, check=False).returncode)


def pyenv_folders():
    """Return where pyenv keeps its Pythons: its shims fail for versions that are installed but not chosen."""
    versions = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    return [str(folder) for folder in sorted(versions.glob("*/bin"))]


def provide_pip_installer(programs):
    """Put an installer of each pip version that this ansible-test asks for into its cache, unless one is there."""
    package = subprocess.run(
        [str(programs / "python"), "-c", "import ansible_test; print(*ansible_test.__path__)"], check=True, capture_output=True, text=True
    ).stdout.strip()
    source = (pathlib.Path(package) / "_internal" / "python_requirements.py").read_text()
    versions = set(re.findall(r"\bpip='([\d.]+)'", source))
    if not versions:
        sys.exit("cannot tell which pip this ansible-test wants: its python_requirements.py changed; adapt provide_pip_installer")
    for version in sorted(versions):
        script = pathlib.Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(INSTALLER.format(wheel=base64.encodebytes(pip_wheel(version)).decode()))


def pip_wheel(version):
    """Return the wheel (bytes) of this version of pip from PyPI."""
    folder = CACHE / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"pip=={version}"], check=True)
    return next(folder.glob(f"pip-{version}-*.whl")).read_bytes()


def copy_of_tracked_files():
    """Return a copy of the files that git tracks (or would track), in the folder layout that ansible-test wants."""
    copy = copied(CACHE / "ansible_collections" / "imagewright" / "azure")
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    subprocess.run(["git", "add", "--all"], cwd=copy, check=True)
    return copy


if __name__ == "__main__":
    main()
