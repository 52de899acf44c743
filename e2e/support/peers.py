"""azcopy and rclone, as strangers who read what we wrote and write what we go on with."""
import os
import pathlib
import shutil
import subprocess
import sys

from .azurite import ACCOUNT, MAIN
from .run import environment


def azcopy_of_npm():
    """The program in its npm package, beside Azurite; npm leaves it without the right to run."""
    modules = pathlib.Path(MAIN).parents[4] if MAIN else pathlib.Path()
    found = modules / "@azure-tools/azcopy-linux/dist/bin/azcopy_linux_amd64"
    return found if found.is_file() else None


def install_azcopy(folder):
    """A copy that runs, or why there is none."""
    packed = azcopy_of_npm()
    if not packed:
        return None, "azcopy is absent; `make test` installs it"
    program = shutil.copy(packed, pathlib.Path(folder) / "azcopy")
    os.chmod(program, 0o755)
    tried = subprocess.run([program, "--version"], capture_output=True, text=True, env=clean(folder))
    if tried.returncode:
        return None, f"azcopy does not start: {tried.stderr.strip()[:200]}"
    return program, ""


def clean(folder):
    """Nothing of this machine's azcopy is read or written."""
    env = environment({"AZURE_STORAGE_SAS_TOKEN": None, "HOME": folder, "AZCOPY_LOG_LOCATION": folder, "AZCOPY_JOB_PLAN_LOCATION": folder})
    return env | {"AZCOPY_DISABLE_SYSLOG": "true", "AZCOPY_AUTO_LOGIN_TYPE": "", "AZCOPY_CRED_TYPE": ""}


def azcopy(program, *args, rc=0):
    folder = pathlib.Path(program).parent
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, env=clean(folder), cwd=folder, timeout=120)
    assert rc is None or done.returncode == rc, f"azcopy {args[0]}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


RCLONE = pathlib.Path(sys.executable).with_name("rclone")


def rclone(azurite, *args, rc=0):
    """`az:CONTAINER/PATH` names a place in Azurite."""
    env = environment({"AZURE_STORAGE_SAS_TOKEN": None}) | {"RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_AZ_TYPE": "azureblob"}
    env |= {"RCLONE_CONFIG_AZ_ACCOUNT": ACCOUNT, "RCLONE_CONFIG_AZ_KEY": azurite.key, "RCLONE_CONFIG_AZ_ENDPOINT": azurite.url}
    done = subprocess.run([RCLONE, *map(str, args)], capture_output=True, text=True, env=env, timeout=120)
    assert rc is None or done.returncode == rc, f"rclone {args[0]}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr
