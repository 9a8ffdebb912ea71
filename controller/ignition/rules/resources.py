"""Rules for what is fetched: sources, their hashes and headers, and the proxies on the way."""

from collections.abc import Iterator

from controller.ignition.data_url import DataURLError, decode_data_url
from controller.ignition.report import Entry, error, warning
from controller.ignition.schema import Content
from controller.ignition.url import URL, URLError, parse_url

_HEX_DIGITS = {"sha512": 128, "sha256": 64}
_ARN_SECTIONS = 6


def url_error(text: str | None) -> str | None:
    """Return why Ignition cannot fetch from a URL; none and the empty one are fine."""
    if not text:
        return None
    try:
        url = parse_url(text)
        if url.scheme == "data":
            decode_data_url(text)
    except (URLError, DataURLError) as problem:
        return str(problem)
    match url.scheme:
        case "http" | "https" | "tftp" | "gs" | "data":
            return None
        case "s3":
            return _s3_version_error(url)
        case "arn":
            return _arn_error(url) or _s3_version_error(url)
        case _:
            return "invalid url scheme"


def _s3_version_error(url: URL) -> str | None:
    return "invalid S3 object VersionId" if url.parameter("versionId") == "" else None


def _arn_error(url: URL) -> str | None:
    """An S3 ARN names a bucket and an object, or an access point and an object."""
    sections = f"arn:{url.opaque}".split(":", _ARN_SECTIONS - 1)
    parts = url.opaque.count("/") + 1
    if len(sections) == _ARN_SECTIONS and sections[2] == "s3":
        needed = 3 if sections[5].startswith("accesspoint/") else 2
        if parts >= needed:
            return None
    return "invalid S3 ARN format"


def compression_is_known(resource: Content) -> Iterator[Entry]:
    """Contents are compressed with gzip or not at all."""
    if resource["compression"] not in (None, "", "gzip"):
        yield error("compression", "invalid compression method")


def source_can_be_fetched(resource: Content) -> Iterator[Entry]:
    """A source is a URL of a kind that Ignition fetches."""
    if message := url_error(resource["source"]):
        yield error("source", message)


def hash_is_well_formed(resource: Content) -> Iterator[Entry]:
    """A hash names its function and has its length; there is a source to verify."""
    given = resource["verification"]["hash"]
    if given is None:
        return
    if message := _hash_error(given):
        yield error("verification.hash", message)
    if resource["source"] is None:
        yield error("verification.hash", "source must be specified if verification is specified")


def _hash_error(given: str) -> str | None:
    function, dash, digits = given.partition("-")
    if not dash:
        return "malformed hash specifier"
    if function not in _HEX_DIGITS:
        return "unrecognized hash function"
    if len(digits.encode()) != _HEX_DIGITS[function]:
        return "incorrect size for hash sum"
    return None


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


def headers_are_whole(resource: Content) -> Iterator[Entry]:
    """A header has a name, and a value unless it takes an earlier config's header away."""
    for index, header in enumerate(resource["httpHeaders"]):
        if not header["name"]:
            yield error(f"httpHeaders.{index}.name", "HTTP header name can't be empty")
        if header["value"] == "":
            yield error(f"httpHeaders.{index}.value", "unable to parse HTTP header")


def configs_to_merge_have_a_source(config: Content) -> Iterator[Entry]:
    """A config that is to be merged comes from somewhere."""
    yield from _required_sources("merge", config["merge"])


def certificates_have_a_source(tls: Content) -> Iterator[Entry]:
    """A certificate authority comes from somewhere."""
    yield from _required_sources("certificateAuthorities", tls["certificateAuthorities"])


def _required_sources(name: str, resources: list[Content]) -> Iterator[Entry]:
    for index, resource in enumerate(resources):
        if resource["source"] is None:
            yield error(f"{name}.{index}", "source is required")
        elif message := url_error(resource["source"]):
            yield error(f"{name}.{index}", message)


def proxies_are_http(proxy: Content) -> Iterator[Entry]:
    """A proxy speaks HTTP; that for HTTPS had better be one itself."""
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
