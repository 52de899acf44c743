"""A certificate for 127.0.0.1 and the authority that signed it, made for one run of the tests."""
import datetime
import ipaddress
import pathlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    chain: pathlib.Path
    key: pathlib.Path
    authority: pathlib.Path


def make(folder):
    now = datetime.datetime.now(datetime.timezone.utc)

    def build(name, key, issuer, issuer_key, authority):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if not authority:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            # Python from 3.13 on wants to be told whose signature this is.
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        return builder.sign(issuer_key or key, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = build("swath test authority", root_key, None, None, True)
    leaf = build("127.0.0.1", key, root.subject, root_key, False)
    pem = serialization.Encoding.PEM
    paths = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    paths.chain.write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
    paths.authority.write_bytes(root.public_bytes(pem))
    paths.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths
