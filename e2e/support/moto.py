"""An S3 server (moto) on a free port of 127.0.0.1. It checks no signatures."""
import re
import subprocess
import sys
import threading

import boto3

from .run import SECRETS

SECRET = "CANARYsecretCANARYsecretCANARYsecretCANA"


class Moto:
    def __init__(self):
        SECRETS.add(SECRET)
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log = []
        self.url = self._address()
        threading.Thread(target=self._drain, daemon=True).start()
        self.client = boto3.client("s3", endpoint_url=self.url, aws_access_key_id="AKIATEST", aws_secret_access_key=SECRET, region_name="us-east-1")
        self.environment = {
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
        }

    def _address(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                return found[1]
        raise AssertionError("moto did not start:\n" + "".join(self.log))

    def _drain(self):
        for line in self.process.stderr:
            self.log.append(line)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def bucket(self, name):
        self.client.create_bucket(Bucket=name)
        return f"s3://{name}"

    def objects(self, bucket):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {o["Key"]: o for page in pages for o in page.get("Contents", [])}

    def read(self, bucket, key):
        return self.client.get_object(Bucket=bucket, Key=key)

    def changes(self):
        """How many requests that write were answered so far."""
        return sum(1 for line in self.log if re.search(r'"(PUT|POST|DELETE) ', line))
