"""Entra and the Azure Resource Manager on this machine, over https: as much of both as `az` needs to make a storage account.

It keeps what was made, answers the way Azure's documentation says, writes down every request, and can be told to fail.
`make test-az` drives it by the real `az`, which keeps it honest.
"""
import base64
import http.server
import json
import re
import secrets
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from . import certificate
from .run import SECRETS

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-8888-7777-6666-555555555555"
SUBSCRIPTION = "01234567-89ab-cdef-0123-456789abcdef"
REGIONS = ["westeurope", "northeurope", "eastus", "eastus2", "swedencentral"]
SKUS = ["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS"]
CHANGES = ("PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    api_version: str
    body: object
    status: int

    @property
    def changes(self):
        return self.method in CHANGES

    def __str__(self):
        return f"{self.method} {self.path}?api-version={self.api_version} {json.dumps(self.body)} -> {self.status}"


@dataclass
class Fault:
    """Answers `times` requests that match with this status; the request does nothing."""

    method: str
    path: str
    status: int
    code: str = ""
    message: str = "as the test wants it"
    headers: dict = field(default_factory=dict)
    error: dict = field(default_factory=dict)
    times: int = 1


class Arm:
    def __init__(self, folder):
        self.requests, self.tokens, self.faults = [], [], []
        self.lock = threading.RLock()
        self.secret = secrets.token_urlsafe(24)
        SECRETS.add(self.secret)
        self.issued = {}
        self.subscriptions = {SUBSCRIPTION: "Maps"}
        self.groups, self.accounts, self.others, self.operations = {}, {}, {}, {}
        self.taken = {"maps", "data"}
        self.registered = True
        self.roles = True
        # How an operation goes: how often it is not over yet, the pause it asks for, which header names it, what it fails with.
        self.polls, self.pause, self.style, self.failing = 0, 0, "location", None
        # Where the blobs of accounts are said to lie, and the key: an Azurite's, where a test has one.
        self.blobs, self.key = "https://{account}.blob.core.windows.net/", base64.b64encode(secrets.token_bytes(64)).decode()
        SECRETS.add(self.key)
        self.page = 2
        paths = certificate.make(folder)
        self.authority = paths.authority
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(paths.chain, paths.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def environment(self):
        """What a service principal sets to be known here."""
        return {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": self.secret,
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_RESOURCE_MANAGER_ENDPOINT": self.url,
            "SSL_CERT_FILE": self.authority,
        }

    def changes(self):
        return [r for r in self.requests if r.changes]

    def forget(self):
        self.requests.clear()

    def fail(self, method, path, status, code="", **more):
        self.faults.append(Fault(method, path, status, code, **more))

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # Entra

    def token(self, tenant, form):
        one = lambda name: form.get(name, [""])[0]
        self.tokens.append({k: v[0] for k, v in form.items() if k not in ("client_secret", "client_assertion")})
        if tenant != TENANT or one("client_id") != CLIENT or one("client_secret") != self.secret:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 1"}
        now = int(time.time())
        audience = (one("scope") or one("resource")).removesuffix("/.default")
        claims = {"aud": audience, "iss": f"{self.url}/{TENANT}/", "tid": TENANT, "oid": CLIENT, "appid": CLIENT, "iat": now, "exp": now + 3600}
        part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        signature = secrets.token_urlsafe(32)
        SECRETS.add(signature)
        token = f"{part({'typ': 'JWT', 'alg': 'RS256'})}.{part(claims)}.{signature}"
        self.issued[token] = audience
        return 200, {"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": token}

    def discovery(self, tenant):
        at = f"{self.url}/{tenant}"
        return 200, {
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
            "issuer": f"{at}/v2.0",
            "jwks_uri": f"{at}/discovery/v2.0/keys",
        }

    # The Resource Manager

    def allowed(self, headers):
        audience = self.issued.get(headers.get("Authorization", "").removeprefix("Bearer "), "")
        return audience.rstrip("/") in ("https://management.azure.com", "https://management.core.windows.net", self.url)

    def answer(self, method, path, body):
        """(status, JSON or None, headers)"""
        for pattern, call in ROUTES:
            found = re.fullmatch(pattern, path, re.I)
            if found:
                named = {k: urllib.parse.unquote(v) for k, v in found.groupdict().items()}
                if named.get("s") and named["s"] not in self.subscriptions:
                    return error(404, "SubscriptionNotFound", f"The subscription '{named['s']}' could not be found.")
                if named.get("s") and not self.roles and method != "GET":
                    return error(403, "AuthorizationFailed", f"The client '{CLIENT}' does not have authorization to perform action '{method}' over scope '{path}'.")
                return call(self, method, body, **named)
        return error(404, "InvalidResourceType", f"nothing is known of {path}")

    def list_subscriptions(self, method, body):
        value = [{"id": f"/subscriptions/{i}", "subscriptionId": i, "tenantId": TENANT, "displayName": name, "state": "Enabled"} for i, name in self.subscriptions.items()]
        return 200, {"value": value, "count": {"type": "Total", "value": len(value)}}, {}

    def list_tenants(self, method, body):
        return 200, {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT}]}, {}

    def group(self, method, body, s, g):
        there = self.groups.get(g.lower())
        if method == "PUT":
            if body["location"] not in REGIONS:
                return error(400, "LocationNotAvailableForResourceGroup", f"The provided location '{body['location']}' is not available for resource group. List of available regions is '{','.join(REGIONS)}'.")
            if there and there["properties"]["provisioningState"] == "Deleting":
                return deleting(g)
            if there and there["location"] != body["location"]:
                return error(409, "InvalidResourceGroupLocation", f"Invalid resource group location '{body['location']}'. The Resource group already exists in location '{there['location']}'.")
            made = {"id": f"/subscriptions/{s}/resourceGroups/{g}", "name": g, "type": "Microsoft.Resources/resourceGroups", "location": body["location"], "properties": {"provisioningState": "Succeeded"}}
            self.groups[g.lower()] = made
            return (200 if there else 201), made, {}
        if not there:
            return error(404, "ResourceGroupNotFound", f"Resource group '{g}' could not be found.")
        if method == "DELETE":
            there["properties"]["provisioningState"] = "Deleting"

            def end():
                self.groups.pop(g.lower(), None)
                self.accounts = {k: a for k, a in self.accounts.items() if a["group"] != g.lower()}
                return 200, None, {}

            return self.begin(end, f"/subscriptions/{s}/operationresults/{secrets.token_hex(8)}")
        return 200, there, {}

    def list_resources(self, method, body, s, g):
        mine = [{"id": a["body"]["id"], "name": n, "type": "Microsoft.Storage/storageAccounts"} for n, a in self.accounts.items() if a["group"] == g.lower()]
        return 200, {"value": mine + self.others.get(g.lower(), [])}, {}

    def check_name(self, method, body, s):
        if not self.registered:
            return error(404, "SubscriptionNotFound", f"Subscription {s} was not found.")
        name = body["name"]
        if not re.fullmatch("[a-z0-9]{3,24}", name):
            return 200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only."}, {}
        if name in self.taken or name in self.accounts:
            return 200, {"nameAvailable": False, "reason": "AlreadyExists", "message": f"The storage account named {name} is already taken."}, {}
        return 200, {"nameAvailable": True}, {}

    def list_accounts(self, method, body, s):
        return 200, {"value": [a["body"] for a in self.accounts.values()]}, {}

    def account(self, method, body, s, g, a):
        group = self.groups.get(g.lower())
        if not group:
            return error(404, "ResourceGroupNotFound", f"Resource group '{g}' could not be found.")
        there = self.accounts.get(a)
        there = there if there and there["group"] == g.lower() else None
        if method in ("PUT", "PATCH") and group["properties"]["provisioningState"] == "Deleting":
            return deleting(g)
        if method == "PUT":
            if not self.registered:
                return error(409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.Storage'. See https://aka.ms/rps-not-found for how to register subscriptions.")
            if a in self.taken or (a in self.accounts and not there):
                return error(409, "StorageAccountAlreadyTaken", f"The storage account named {a} is already taken.")
            if body["sku"]["name"] not in SKUS:
                return error(400, "InvalidRequestPropertyValue", f"The value '{body['sku']['name']}' is not allowed for property sku.name.")
            if there and body["location"] != there["body"]["location"]:
                return error(409, "InvalidResourceLocation", f"The resource '{a}' already exists in location '{there['body']['location']}' in resource group '{g}'.")

            def end():
                self.accounts.setdefault(a, {"group": g.lower(), "containers": {}, "service": fresh_service()})["body"] = self.described(s, g, a, body)
                return 200, self.accounts[a]["body"], {}

            return end() if there else self.begin(end, f"/subscriptions/{s}/providers/Microsoft.Storage/locations/{body['location']}/asyncoperations/{secrets.token_hex(8)}")
        if not there:
            return (204, None, {}) if method == "DELETE" else error(404, "ResourceNotFound", f"The Resource 'Microsoft.Storage/storageAccounts/{a}' under resource group '{g}' was not found.")
        if method == "DELETE":
            del self.accounts[a]
            return 200, None, {}
        if method == "PATCH":
            there["body"]["properties"] |= {k: v for k, v in body.get("properties", {}).items()}
            if "sku" in body:
                there["body"]["sku"] = {"name": body["sku"]["name"], "tier": "Standard"}
        return 200, there["body"], {}

    def described(self, s, g, a, body):
        asked = body.get("properties", {})
        properties = {
            "provisioningState": "Succeeded",
            "creationTime": "2026-01-01T00:00:00.0000000Z",
            "primaryLocation": body["location"],
            "statusOfPrimary": "available",
            "encryption": {"services": {"blob": {"keyType": "Account", "enabled": True}, "file": {"keyType": "Account", "enabled": True}}, "keySource": "Microsoft.Storage"},
            "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
            "accessTier": asked.get("accessTier", "Hot"),
            "supportsHttpsTrafficOnly": asked.get("supportsHttpsTrafficOnly", True),
            "allowBlobPublicAccess": asked.get("allowBlobPublicAccess", False),
            "minimumTlsVersion": asked.get("minimumTlsVersion", "TLS1_0"),
            "primaryEndpoints": {"blob": self.blobs.format(account=a)},
        }
        if "RAG" in body["sku"]["name"]:
            properties["secondaryEndpoints"] = {"blob": f"https://{a}-secondary.blob.core.windows.net/"}
        sku = {"name": body["sku"]["name"], "tier": body["sku"]["name"].split("_")[0]}
        identity = f"/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Storage/storageAccounts/{a}"
        return {"id": identity, "name": a, "type": "Microsoft.Storage/storageAccounts", "location": body["location"], "kind": body["kind"], "sku": sku, "tags": {}, "properties": properties}

    def keys(self, method, body, s, g, a):
        return 200, {"keys": [{"keyName": f"key{n}", "value": self.key, "permissions": "FULL"} for n in (1, 2)]}, {}

    def service(self, method, body, s, g, a):
        there = self.accounts.get(a)
        if not there:
            return error(404, "ResourceNotFound", f"The Resource 'Microsoft.Storage/storageAccounts/{a}' under resource group '{g}' was not found.")
        if method == "PUT":
            there["service"] = fresh_service() | body["properties"]
        identity = there["body"]["id"] + "/blobServices/default"
        return 200, {"id": identity, "name": "default", "type": "Microsoft.Storage/storageAccounts/blobServices", "sku": there["body"]["sku"], "properties": there["service"]}, {}

    def containers(self, method, body, s, g, a, skip="0"):
        all_of_them = sorted(self.accounts[a]["containers"].values(), key=lambda c: c["name"])
        first = int(skip)
        answer = {"value": all_of_them[first : first + self.page]}
        if first + self.page < len(all_of_them):
            answer["nextLink"] = f"{self.url}/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Storage/storageAccounts/{a}/blobServices/default/containers;{first + self.page}?api-version=2025-08-01"
        return 200, answer, {}

    def container(self, method, body, s, g, a, c):
        account = self.accounts.get(a)
        if not account:
            return error(404, "ResourceNotFound", f"The Resource 'Microsoft.Storage/storageAccounts/{a}' under resource group '{g}' was not found.")
        there = account["containers"].get(c)
        if method in ("PUT", "PATCH"):
            access = body.get("properties", {}).get("publicAccess") or "None"
            if access != "None" and not account["body"]["properties"]["allowBlobPublicAccess"]:
                return error(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
            made = {"id": f"{account['body']['id']}/blobServices/default/containers/{c}", "name": c, "type": "Microsoft.Storage/storageAccounts/blobServices/containers"}
            made["properties"] = {"publicAccess": access, "hasLegalHold": False, "hasImmutabilityPolicy": False, "leaseStatus": "Unlocked"}
            account["containers"][c] = made
            return (200 if there else 201), made, {}
        if not there:
            return error(404, "ContainerNotFound", "The specified container does not exist.")
        if method == "DELETE":
            del account["containers"][c]
            return 200, None, {}
        return 200, there, {}

    # Operations that take their time

    def begin(self, end, path):
        self.operations[path.lower()] = [self.polls, end]
        return self.under_way(202, path)

    def under_way(self, status, path):
        at = f"{self.url}{path}?api-version=2025-08-01"
        headers = {"Retry-After": str(self.pause)}
        if self.style == "location":
            return status, None, headers | {"Location": at}
        return status, {"status": "InProgress"} if status == 200 else None, headers | {"Azure-AsyncOperation": at}

    def operation(self, method, body, path):
        state = self.operations.get(path.lower())
        if not state:
            return error(404, "OperationNotFound", "The operation is not known.")
        if state[0] > 0:
            state[0] -= 1
            return self.under_way(202 if self.style == "location" else 200, path)
        if self.failing:
            code, message = self.failing
            return error(409, code, message) if self.style == "location" else (200, {"status": "Failed", "error": {"code": code, "message": message}}, {})
        done = state[1]()
        return done if self.style == "location" else (200, {"status": "Succeeded"}, {})


def error(status, code, message, **more):
    return status, {"error": {"code": code, "message": message} | more}, {}


def deleting(group):
    return error(409, "ResourceGroupBeingDeleted", f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.")


def fresh_service():
    return {"cors": {"corsRules": []}, "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False}}


S = r"/subscriptions/(?P<s>[^/]+)"
GROUP = S + r"/resourcegroups/(?P<g>[^/]+)"
STORAGE = GROUP + r"/providers/Microsoft\.Storage/storageAccounts/(?P<a>[^/]+)"
ROUTES = [
    (r"/subscriptions", Arm.list_subscriptions),
    (r"/tenants", Arm.list_tenants),
    (GROUP, Arm.group),
    (GROUP + "/resources", Arm.list_resources),
    (S + r"/providers/Microsoft\.Storage/checkNameAvailability", Arm.check_name),
    (S + r"/providers/Microsoft\.Storage/storageAccounts", Arm.list_accounts),
    (r"(?P<path>/subscriptions/[^/]+/(operationresults|providers/Microsoft\.Storage/locations/[^/]+/asyncoperations)/\w+)", Arm.operation),
    (STORAGE, Arm.account),
    (STORAGE + "/listKeys", Arm.keys),
    (STORAGE + "/blobServices/default", Arm.service),
    (STORAGE + "/blobServices/default/containers", Arm.containers),
    (STORAGE + r"/blobServices/default/containers;(?P<skip>\d+)", Arm.containers),
    (STORAGE + "/blobServices/default/containers/(?P<c>[^/;]+)", Arm.container),
]


def handler(arm):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *_):
            pass

        def serve(self):
            parts = urllib.parse.urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with arm.lock:
                status, body, headers = self.decide(parts, raw)
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("x-ms-correlation-request-id", "c0ffee00-0000-0000-0000-000000000000")
            self.end_headers()
            self.wfile.write(content if self.command != "HEAD" else b"")

        def decide(self, parts, raw):
            login = re.fullmatch(r"/([^/]+)/(?:oauth2/)?(?:v2\.0/)?(\.well-known/openid-configuration|oauth2/v2\.0/token|token)", parts.path)
            if login and "token" in login[2]:
                return *arm.token(login[1], urllib.parse.parse_qs(raw.decode())), {}
            if login:
                return *arm.discovery(login[1]), {}
            body = json.loads(raw) if raw else None
            version = urllib.parse.parse_qs(parts.query).get("api-version", [""])[0]
            status, answer, headers = self.manage(parts.path, body)
            arm.requests.append(Request(self.command, urllib.parse.unquote(parts.path), version, body, status))
            return status, answer, headers

        def manage(self, path, body):
            if not arm.allowed(self.headers):
                return error(401, "InvalidAuthenticationToken", "The access token is invalid.")
            for fault in arm.faults:
                if fault.times > 0 and fault.method == self.command and re.search(fault.path, path, re.I):
                    fault.times -= 1
                    return fault.status, {"error": {"code": fault.code, "message": fault.message} | fault.error}, fault.headers
            return arm.answer(self.command, path, body)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = serve

    return Handler
