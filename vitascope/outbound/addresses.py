"""Which addresses on the network this server may call for someone else: a picture's URL, a webhook. Pure: it looks at
URLs and addresses, never resolves a name and never opens a connection.

A caller takes `place_of(url)`, resolves its host once, gives all answers to `check`, and connects to one of those
very addresses; resolving again would let the name point elsewhere the second time. Redirects start over.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vitascope.errors import BadSpec, NotAllowed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS = {"http": 80, "https": 443}
_LONGEST = 2_000  # characters of a URL
_HINT = "Give a public http or https address."

# All that IANA's registries of special addresses list, reachable or not: no picture lies there. Kept whole,
# because what Python calls global changes from version to version and leaves some of them out.
# iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry, multicast-addresses
_SPECIAL_4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
_SPECIAL_6 = ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
_GLOBAL_6 = ipaddress.ip_network("2000::/3")  # all else is unassigned, or special
_SPECIAL = tuple(ipaddress.ip_network(text) for text in (*_SPECIAL_4, *_SPECIAL_6))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # carries an IPv4 address inside, and leads to where that one does


@dataclass(frozen=True)
class Place:
    """Where a URL leads. `host` is lower case and without brackets; `target` is what stands in the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As the Host header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def place_of(url: str) -> Place:
    """The URL's parts. Raises BadSpec when it is none that can be called: no host, a name and password inside, ..."""
    if len(url) > _LONGEST:
        raise BadSpec(f"The URL has {len(url):,} characters.", hint=f"At most {_LONGEST:,}.")
    if any(letter <= " " or letter == "\x7f" or letter == "\\" for letter in url):
        raise BadSpec("The URL has spaces or control characters in it.", hint=_HINT)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadSpec(f"The URL cannot be read: {error}.", hint=_HINT) from error
    if parts.scheme not in _PORTS or not host:
        raise BadSpec("The URL is not one of http or https.", hint=_HINT)
    if parts.username is not None or parts.password is not None:
        raise BadSpec("The URL has a name or password in it.", hint="Leave them out; they would be logged on the way.")
    try:
        named = host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadSpec(f'"{host}" is no host name.', hint=_HINT) from error
    path = _quoted(parts.path or "/")
    target = f"{path}?{_quoted(parts.query)}" if parts.query else path
    return Place(parts.scheme, named.lower(), port or _PORTS[parts.scheme], target)


def is_public(address: str | Address) -> bool:
    """Whether it is an ordinary address of the internet: not this machine, not the network around it, not the cloud's
    metadata, not a group of machines.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0] if isinstance(address, str) else address)
    except ValueError:
        return False
    inner = _inner(found)
    if inner is not None:
        return is_public(inner)
    if found.version == 6 and found not in _GLOBAL_6:
        return False
    return found.is_global and not any(found in network for network in _SPECIAL if network.version == found.version)


def check(place: Place, addresses: Iterable[str], *, allowed: Iterable[str] = ()) -> tuple[str, ...]:
    """The addresses, when all of them may be called. `allowed`: networks ("10.0.0.0/8") or host names that the
    operator opens although they are not public; "*" opens everything. Raises NotAllowed, without saying which address
    a name has, so that it cannot be used to look around.
    """
    found = tuple(dict.fromkeys(addresses))
    opened = tuple(allowed)
    if "*" in opened or place.host in opened:
        return found
    networks = [ipaddress.ip_network(text, strict=False) for text in opened if _is_network(text)]
    if not found or not all(is_public(text) or _within(text, networks) for text in found):
        raise NotAllowed(
            f"{place.host} is not a public address, so this server does not call it.",
            hint="Use a public address, or ask the operator to allow this one.",
        )
    return found


def _inner(address: Address) -> Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _within(text: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    """Letters beyond ASCII as percent signs; what is quoted already stays."""
    return "".join(
        letter if letter < "\x7f" else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in text
    )
