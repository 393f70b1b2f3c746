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

# Addresses that carry an IPv4 address inside; what counts is where that one leads.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


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
    return found.is_global and not found.is_multicast and not found.is_reserved


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
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


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
