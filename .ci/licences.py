#!/usr/bin/env python3
"""Refuse packages of the virtual environment whose licence this project has not agreed to."""

import re
import sys
from importlib.metadata import Distribution, distributions

ALLOWED = {
    "Apache-2.0": "Apache",
    "BSD-2-Clause": "BSD",
    "BSD-3-Clause": "BSD",
    "ISC": "ISC",
    "MIT": "MIT",
    "MIT-0": "MIT",
    "MPL-2.0": "Mozilla Public License 2.0",
    "PSF-2.0": "Python Software Foundation",
}
# The GNU licences of what is run as a program, and of Ansible, whose interfaces a role uses.
AGREED = {"ansible-core", "ansible-lint", "codespell", "yamllint"}

REMEDY = f"use another package, or allow it in {__file__}"


def licences(package: Distribution) -> list[str]:
    """Return the SPDX identifiers, or else the classifiers, or else the text of a package."""
    about = package.metadata.json
    if "license_expression" in about:
        return re.findall(r"\b(?!(?:AND|OR|WITH)\b)[\w.+-]+", str(about["license_expression"]))
    classifiers = [
        classifier.removeprefix("License :: OSI Approved :: ")
        for classifier in about.get("classifier", [])
        if classifier.startswith("License ::")
    ]
    return classifiers or [str(about.get("license", "none given"))]


def is_allowed(licence: str) -> bool:
    """Return whether a licence is allowed, as an identifier or by the start of its name."""
    return licence in ALLOWED or licence.startswith(tuple(ALLOWED.values()))


def main() -> None:
    """Name each package with a licence that is not allowed, and fail."""
    refused = sorted(
        f"{package.name}: the licence {licence} is not allowed ({REMEDY})\n"
        for package in distributions()
        if package.name not in AGREED
        for licence in licences(package)
        if not is_allowed(licence)
    )
    sys.stderr.writelines(refused)
    sys.exit(bool(refused))


if __name__ == "__main__":
    main()
