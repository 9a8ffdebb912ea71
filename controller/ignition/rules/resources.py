"""Rules for resources that are fetched: sources, hashes, headers and proxies."""

from collections.abc import Callable, Iterator, Mapping

from controller.ignition.report import Entry, error, warning
from controller.ignition.schema import Content
from controller.ignition.syntax.data_url import DataURLError, check_data_url, is_plain_data_url
from controller.ignition.syntax.url import URL, URLError, parse_url

_HEX_DIGITS = {"sha512": 128, "sha256": 64}
_ARN_SECTIONS = 6


def _no_error(_: str, __: URL) -> None:
    """Return no error, as there are no further rules for URLs of this scheme."""


def _data_error(text: str, _: URL) -> str | None:
    try:
        check_data_url(text)
    except DataURLError as problem:
        return str(problem)
    return None


def _s3_error(_: str, url: URL) -> str | None:
    return "invalid S3 object VersionId" if url.parameter("versionId") == "" else None


def _arn_error(text: str, url: URL) -> str | None:
    """An S3 ARN names a bucket and an object, or an access point and an object."""
    sections = f"arn:{url.opaque}".split(":", _ARN_SECTIONS - 1)
    parts = url.opaque.count("/") + 1
    if len(sections) == _ARN_SECTIONS and sections[2] == "s3":
        needed = 3 if sections[5].startswith("accesspoint/") else 2
        if parts >= needed:
            return _s3_error(text, url)
    return "invalid S3 ARN format"


# The URL schemes that Ignition can fetch, with a function that returns the error of such a URL.
Schemes = Mapping[str, Callable[[str, URL], str | None]]
SCHEMES: Schemes = {
    "http": _no_error,
    "https": _no_error,
    "tftp": _no_error,
    "gs": _no_error,
    "data": _data_error,
    "s3": _s3_error,
    "arn": _arn_error,
}


def url_error(text: str, schemes: Schemes = SCHEMES) -> str | None:
    """Return why Ignition cannot fetch a URL; None if it can."""
    if is_plain_data_url(text):
        return None
    try:
        url = parse_url(text)
    except URLError as problem:
        return str(problem)
    if url.scheme not in schemes:
        return "invalid url scheme"
    return schemes[url.scheme](text, url)


def compression_is_known(resource: Content) -> Iterator[Entry]:
    """Contents are compressed with gzip or not at all."""
    if resource["compression"] not in (None, "", "gzip"):
        yield error("compression", "invalid compression method")


def source_can_be_fetched(resource: Content, schemes: Schemes = SCHEMES) -> Iterator[Entry]:
    """A source is a URL that Ignition can fetch, or unset or empty."""
    if resource["source"] and (message := url_error(resource["source"], schemes)):
        yield error("source", message)


def certificate_can_be_fetched(certificate: Content, schemes: Schemes = SCHEMES) -> Iterator[Entry]:
    """A certificate has a source, always."""
    if message := url_error(certificate["source"], schemes):
        yield error("source", message)


def hash_has_a_source(resource: Content) -> Iterator[Entry]:
    """A hash requires a source, which may be empty."""
    if resource["verification"]["hash"] is not None and resource["source"] is None:
        yield error("verification.hash", "source must be specified if verification is specified")


def hash_is_well_formed(
    verification: Content, hex_digits: Mapping[str, int] = _HEX_DIGITS
) -> Iterator[Entry]:
    """A hash has a known function and the right length. Its digits are not checked."""
    if verification["hash"] is None:
        return
    function, dash, digits = verification["hash"].partition("-")
    if not dash:
        yield error("hash", "malformed hash specifier")
    elif function not in hex_digits:
        yield error("hash", "unrecognized hash function")
    elif len(digits.encode()) != hex_digits[function]:
        yield error("hash", "incorrect size for hash sum")


def headers_go_with_http(resource: Content) -> Iterator[Entry]:
    """Only an HTTP request has headers."""
    if not resource["httpHeaders"]:
        return
    try:
        scheme = parse_url(resource["source"] or ":").scheme
    except URLError as problem:
        yield error("httpHeaders", str(problem))
    else:
        if scheme not in ("http", "https"):
            yield error("httpHeaders", "cannot use HTTP headers with this source scheme")


def headers_are_complete(resource: Content) -> Iterator[Entry]:
    """A header has a name, and a value unless it removes a header of an earlier config."""
    for index, header in enumerate(resource["httpHeaders"]):
        if not header["name"]:
            yield error(f"httpHeaders.{index}.name", "HTTP header name can't be empty")
        if header["value"] == "":
            yield error(f"httpHeaders.{index}.value", "unable to parse HTTP header")


def configs_to_merge_have_a_source(config: Content, schemes: Schemes = SCHEMES) -> Iterator[Entry]:
    """A config to merge has a source."""
    yield from _required_sources("merge", config, schemes)


def certificates_have_a_source(tls: Content, schemes: Schemes = SCHEMES) -> Iterator[Entry]:
    """A certificate authority has a source."""
    yield from _required_sources("certificateAuthorities", tls, schemes)


def _required_sources(name: str, content: Content, schemes: Schemes) -> Iterator[Entry]:
    for index, resource in enumerate(content[name]):
        if not resource["source"]:
            yield error(f"{name}.{index}", "source is required")
        elif message := url_error(resource["source"], schemes):
            yield error(f"{name}.{index}", message)


def proxies_are_http(proxy: Content) -> Iterator[Entry]:
    """A proxy has an HTTP URL; the one for HTTPS should use HTTPS."""
    for name, insecure_is_fine in (("httpProxy", True), ("httpsProxy", False)):
        if proxy[name] is None:
            continue
        try:
            scheme = parse_url(proxy[name]).scheme
        except URLError as problem:
            yield error(name, str(problem))
            continue
        if scheme not in ("http", "https"):
            yield error(name, "proxies must be http(s)")
        elif scheme == "http" and not insecure_is_fine:
            yield warning(name, "insecure plaintext HTTP proxy specified for HTTPS resources")
