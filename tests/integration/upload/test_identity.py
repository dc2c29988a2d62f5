# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure AD: the real azure-identity gets a token from a managed identity's endpoint that the test plays, and Azurite reads it over https."""

import base64
import contextlib
import datetime
import http.server
import ipaddress
import json
import threading
import time

import pytest

from integration.upload import azurite as emulator


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a self-signed certificate for the loopback address and of its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secure(certificate):
    """An emulator that takes tokens over https, with a container."""
    with emulator.running(["--oauth", "basic", "--cert", certificate[0], "--key", certificate[1]], scheme="https") as server:
        from azure.storage.blob import BlobServiceClient

        service = BlobServiceClient(
            server.endpoint, credential={"account_name": server.account, "account_key": server.key}, connection_verify=str(certificate[0])
        )
        service.create_container("vhds")
        server.service = service
        yield server


def token(audience="https://storage.azure.com"):
    """Return a token as Azure AD makes them, with a signature that the emulator does not look at."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 3600,
        "oid": "11111111-2222-3333-4444-555555555555",
    }
    parts = [json.dumps({"typ": "JWT", "alg": "RS256"}), json.dumps(claims), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


@contextlib.contextmanager
def identity_endpoint(answer):
    """Play the token service that App Service gives its programs; yields the environment that points to it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(
                {"access_token": answer, "expires_on": str(int(time.time()) + 3600), "resource": "https://storage.azure.com", "token_type": "Bearer"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *unused):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}/token", "IDENTITY_HEADER": "header"}
    finally:
        server.shutdown()
        server.server_close()


def arguments(secure, vhd):
    return {"src": vhd, "account": secure.account, "container": "vhds", "blob": "disk.vhd", "endpoint": secure.endpoint, "retries": 1, "retry_delay": 0.05}


def test_an_upload_with_a_token_of_azure_ad_over_https(run_module, secure, vhd, certificate):
    answer = token()
    with identity_endpoint(answer) as environment:
        result = run_module("vhd_upload", env=dict(environment, REQUESTS_CA_BUNDLE=str(certificate[0])), **arguments(secure, vhd))

    assert not result["failed"], result["msg"]
    assert answer not in json.dumps(result)
    content = secure.service.get_blob_client("vhds", "disk.vhd").download_blob().readall()
    assert content == vhd.read_bytes()


@pytest.mark.slow
def test_a_token_that_the_service_does_not_take(run_module, secure, vhd, certificate):
    answer = token("https://management.azure.com")
    with identity_endpoint(answer) as environment:
        result = run_module("vhd_upload", env=dict(environment, REQUESTS_CA_BUNDLE=str(certificate[0])), **dict(arguments(secure, vhd), blob="other.vhd"))

    assert result["failed"] and "does not accept the credentials" in result["msg"], result["msg"]
    assert answer not in json.dumps(result)


def test_a_certificate_that_nobody_trusts(run_module, secure, vhd):
    result = run_module("vhd_upload", **dict(arguments(secure, vhd), account_key=secure.key, retries=0))

    assert "put the authority that signed it into the file that REQUESTS_CA_BUNDLE names" in result["msg"]


@pytest.mark.slow
def test_nobody_is_signed_in(run_module, secure, vhd, certificate, tmp_path):
    environment = {
        "REQUESTS_CA_BUNDLE": str(certificate[0]),
        "HOME": str(tmp_path),
        "PATH": "/nowhere",
        "AZURE_TENANT_ID": "",
        "AZURE_CLIENT_ID": "",
        "AZURE_TOKEN_CREDENTIALS": "dev",
    }
    result = run_module("vhd_upload", env=environment, **arguments(secure, vhd))

    assert "Azure AD gave no token" in result["msg"] and "az login" in result["msg"], result["msg"]


def test_a_token_is_never_sent_without_encryption(upload):
    with identity_endpoint(token()) as environment:
        result = upload(account_key=None, env=environment)

    assert "use https:// in the address" in result["msg"], result["msg"]
