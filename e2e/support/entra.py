"""Microsoft Entra's token endpoint, a machine's metadata service and App Service's identity endpoint on 127.0.0.1.

The tokens are unsigned; Azurite with `--oauth basic` takes them. `asked` lists every request for a token."""
import base64
import http.server
import itertools
import json
import stat
import threading
import time
import urllib.parse

from .run import CANARY, SECRETS

TENANT = "ab1f708d-50f6-404c-a006-d71b2ac7a606"
CLIENT = "f997392c-e15a-4ad8-af9e-cd6966caba7f"
OBJECT = "11059fcc-5514-4800-b5f8-49808b9cfab6"
SECRET = f"secret~{CANARY}"
HEADER = f"header-{CANARY}"
SECRETS.update({SECRET, HEADER})
NUMBERS = itertools.count()


def token(seconds=3600, audience="https://storage.azure.com"):
    now = int(time.time())
    claims = {"aud": audience, "iss": f"https://sts.windows.net/{TENANT}/", "iat": now - 60, "nbf": now - 60, "exp": now + seconds, "oid": OBJECT, "tid": TENANT, "jti": next(NUMBERS)}
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    made = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."
    SECRETS.add(made.rstrip("."))
    return made


class TokenServer:
    """`life` is how long a token holds; `told` how long it is said to hold; `refusal` an error in place of a token."""

    def __init__(self):
        self.asked = []
        self.life = self.told = 3600
        self.refusal = None
        self.delay = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def nobody(self):
        """No credential at all, and no machine's own identity."""
        return {"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9", "PATH": "/nonexistent"}

    def principal(self, **more):
        own = {"AZURE_AUTHORITY_HOST": self.url, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET}
        return self.nobody() | own | more

    def workload(self, file, **more):
        file.write_text(f"assertion-{CANARY}\n")
        own = {"AZURE_AUTHORITY_HOST": self.url, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_FEDERATED_TOKEN_FILE": str(file)}
        return self.nobody() | own | more

    def machine(self, **more):
        return self.nobody() | {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url} | more

    def platform(self, **more):
        return self.nobody() | {"IDENTITY_ENDPOINT": f"{self.url}/msi/token", "IDENTITY_HEADER": HEADER} | more

    def _handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                asked = dict(urllib.parse.parse_qsl(url.query))
                if url.path == "/metadata/identity/oauth2/token" and self.headers.get("Metadata") == "true":
                    assert asked["api-version"] == "2018-02-01"
                    return self.give("machine", asked)
                if url.path == "/msi/token" and self.headers.get("X-IDENTITY-HEADER") == HEADER:
                    assert asked["api-version"] == "2019-08-01"
                    return self.give("platform", asked)
                return self.answer(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})

            def do_POST(self):
                asked = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                assert self.path == f"/{TENANT}/oauth2/v2.0/token", self.path
                assert asked["grant_type"] == "client_credentials" and asked["client_id"] == CLIENT
                if asked.get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
                    assert asked["client_assertion"] == f"assertion-{CANARY}"
                    return self.give("workload", asked)
                if asked.get("client_secret") != SECRET:
                    return self.answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 1\r\nTimestamp: 2"})
                return self.give("principal", asked)

            def give(self, who, asked):
                outer.asked.append((who, asked.get("scope") or asked.get("resource")))
                time.sleep(outer.delay)
                if outer.refusal:
                    return self.answer(*outer.refusal)
                made = token(outer.life)
                ends = {"expires_on": str(int(time.time()) + outer.told)} if who in ("machine", "platform") else {"expires_in": outer.told}
                return self.answer(200, {"token_type": "Bearer", "access_token": made} | ends)

            def answer(self, status, body):
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


class Az:
    """A stand-in for the `az` command that writes down how it was called, and by whom."""

    def __init__(self, folder, answer=None, complaint="ERROR: Please run 'az login' to setup account."):
        folder.mkdir(exist_ok=True)
        self.calls = folder / "calls"
        self.seen = folder / "seen"
        script = f"#!/bin/sh\necho \"$@\" >> {self.calls}\ncat /proc/$$/cmdline /proc/$PPID/cmdline >> {self.seen}\n"
        if answer:
            (folder / "answer.json").write_text(json.dumps(answer))
            script += f"cat {folder}/answer.json\n"
        else:
            script += f"echo \"{complaint}\" >&2; exit 1\n"
        (folder / "az").write_text(script)
        (folder / "az").chmod(stat.S_IRWXU)
        self.path = f"{folder}:/usr/bin:/bin"

    def count(self):
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0
