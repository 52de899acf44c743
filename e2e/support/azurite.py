"""Azurite on a free port of 127.0.0.1, stopped by SIGTERM (killed harder, it loses what it acknowledged)."""
import base64
import datetime
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import threading

from azure.storage.blob import AccountSasPermissions, BlobServiceClient, ContainerSasPermissions, ResourceTypes, generate_account_sas, generate_container_sas

from .canary import remember, remember_sas

MAIN = os.environ.get("SWATH_AZURITE", "")
ACCOUNT = "swathtest"


class Azurite:
    """`folder` holds what is stored; without one it is kept in memory.

    `certificate` (see support/certificate.py) makes it speak https and take bearer tokens, whoever made them.
    """

    def __init__(self, folder=None, certificate=None):
        self.key = remember(base64.b64encode(secrets.token_bytes(64)).decode())
        node = shutil.which("node")
        assert node, "node is missing; run `make test`, which installs it"
        command = [node, MAIN, "--blobHost", "127.0.0.1", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"]
        command += ["-l", str(folder)] if folder else ["--inMemoryPersistence"]
        if certificate:
            command += ["--cert", str(certificate.chain), "--key", str(certificate.key), "--oauth", "basic"]
        environment = os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.log = []
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._port()}/{ACCOUNT}"
        threading.Thread(target=self._drain, daemon=True).start()
        self.client = BlobServiceClient(self.url, credential=self.key, connection_verify=str(certificate.authority) if certificate else True)

    def _port(self):
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(r"listens on https?://127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError("Azurite did not start:\n" + "".join(self.log))

    def _drain(self):
        for line in self.process.stdout:
            self.log.append(line)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def account_sas(self, permission="rwdlac", hours=1):
        return remember_sas(generate_account_sas(ACCOUNT, self.key, ResourceTypes(service=True, container=True, object=True), AccountSasPermissions.from_string(permission), expiry(hours)))

    def container_sas(self, container, permission="rl", hours=1):
        return remember_sas(generate_container_sas(ACCOUNT, container, account_key=self.key, permission=ContainerSasPermissions.from_string(permission), expiry=expiry(hours)))

    def blobs(self, container):
        return {b.name: b for b in self.client.get_container_client(container).list_blobs()}

    def download(self, container, folder):
        """The whole container as files."""
        client = self.client.get_container_client(container)
        for name in self.blobs(container):
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.download_blob(name).readall())

    def changes(self):
        """How many requests that write were answered so far."""
        return sum(1 for line in self.log if re.search(r'"(PUT|POST|DELETE|PATCH) ', line))


def expiry(hours):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
