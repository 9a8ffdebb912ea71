"""The lab's certificate authority and its certificates, created by openssl.

Every connection in the lab is verified as in a real cluster, so that no test depends on disabled
verification.
"""

import subprocess
from pathlib import Path

# OpenSSL's default configuration differs between machines, so it gets this one.
_CONFIGURATION = """
[req]
distinguished_name = subject
[subject]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, serverAuth
"""
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Certificates:
    """A certificate authority in a directory, and its certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = folder / "ca.crt"

    def make_authority(self) -> None:
        """Create the authority, and the key that signs the ServiceAccounts' tokens."""
        self.folder.mkdir(mode=0o700, parents=True)
        self._configuration.write_text(_CONFIGURATION)
        self._request("ca", "/CN=lab", ["-extensions", "authority"])
        self._request("service-accounts", "/CN=service-accounts", ["-extensions", "leaf"])

    def issue(self, name: str, *, user: str, group: str = "", address: str = "") -> None:
        """Create ``name.crt`` and ``name.key``, for a user of the API or for a server."""
        subject = f"/O={group}/CN={user}" if group else f"/CN={user}"
        signed = ["-CA", str(self.authority), "-CAkey", str(self.key("ca")), "-extensions", "leaf"]
        server = ["-addext", f"subjectAltName=IP:{address}"] if address else []
        self._request(name, subject, [*signed, *server])

    def certificate(self, name: str) -> Path:
        """Return the file of a certificate."""
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Return the file of its private key."""
        return self.folder / f"{name}.key"

    @property
    def _configuration(self) -> Path:
        return self.folder / "openssl.cnf"

    def _request(self, name: str, subject: str, more: list[str]) -> None:
        files = ["-keyout", str(self.key(name)), "-out", str(self.certificate(name))]
        command = ["openssl", "req", "-x509", "-days", "365", "-subj", subject, *_NEW_KEY, *files]
        command += ["-config", str(self._configuration), *more]
        subprocess.run(command, check=True, capture_output=True)
