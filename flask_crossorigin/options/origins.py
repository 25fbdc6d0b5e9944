"""What users write for an origin, read into an :data:`~.origins.OriginRule`, or explained."""

from __future__ import annotations

import inspect
import re
from difflib import get_close_matches
from typing import Any

from ..core.origins import ANY_PORT, OriginCallable, OriginPattern, OriginRule
from ..fetch.grammar import (
    DEFAULT_PORTS,
    MAX_ORIGIN_LENGTH,
    Origin,
    ends_in_number,
    is_ipv4,
    serialize_ipv6,
)
from .errors import Problem, shown
from .regexes import BEYOND_ORIGIN, OriginError, check_reach, read_regex

_REGEX_CHARACTERS = frozenset(r"\^$([|+?{")
# No set of a regex that stands for the start of a host has a colon in it.
_IPV6_HOST = re.compile(
    r"(?<=://)(?:\*\.)?(?:\[[^\]]*(?:\]|\Z)(?=(?::[0-9*]*)?/?\Z)|\[[^\]]*:[^\]]*(?:\]|\Z))"
)
# As shells, Windows and templates write one.
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)|%([A-Za-z_]\w*)%|\{\{\s*(\w[\w.]*)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*")
#: Characters that Python's IDNA, that of 2003, folds away, and browsers do not.
_KEPT_BY_BROWSERS = frozenset("ßς\u200c\u200d")
_HOST = re.compile(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*")
_TOO_DEEP = "Write a simpler regex"
_PROPOSED = re.compile('Write [^"]*"([^"]*)"')

#: Origins that have nothing to do with each other. A rule that lets them in lets in any.
_PROBES = (
    "https://unrelated-probe.com",
    "https://a.unrelated-probe.net",
    "https://unrelatedprobe.com",
    "https://unrelated-probe.org:8443",
    "http://unrelatedprobe.net:3000",
    "http://unrelated-probe.com",
    "http://unrelated-probe.io:8080",
    "http://198.51.100.7",
)


def read_origin(value: object, where: str, problems: list[Problem]) -> OriginRule | None:
    """Read one thing that a user wrote among the origins.

    :param value: a string, a compiled regex or a callable.
    :param where: where it was written.
    :param problems: what is wrong is added here.
    :returns: None when something is wrong.
    """
    try:
        if isinstance(value, str):
            return _read_string(str.__str__(value))
        if isinstance(value, re.Pattern):
            return _read_pattern_object(value)
        if callable(value):
            return _read_callable(value)
        if isinstance(value, bytes):
            text = value.decode("latin-1")
            raise OriginError("an origin is a string, not bytes", f'Write "{text}"')
        raise OriginError(
            f"an origin is a string, a compiled regex or a callable, not {_kind(value)}",
            'Write an origin such as "https://app.example.com"',
        )
    except OriginError as mistake:
        problems.append(Problem(where, value, mistake.message, _follow(mistake.hint)))
    except RecursionError:
        problems.append(Problem(where, value, f"{shown(value)} is nested too deeply", _TOO_DEEP))
    return None


def _follow(hint: str) -> str:
    """Go on from what is proposed, if that has a mistake too, to what is proposed for it."""
    if proposed := _PROPOSED.match(hint):
        try:
            _read_string(proposed[1])
        except OriginError as mistake:
            return _follow(mistake.hint)
        except RecursionError:
            return _TOO_DEEP
    return hint


def lets_in_any_origin(rule: OriginRule) -> bool:
    """Tell whether a rule lets in origins that have nothing to do with each other."""
    if isinstance(rule, re.Pattern):
        return any(rule.fullmatch(probe) for probe in _PROBES)
    return rule == "*"


def _kind(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {shown(value)}"


def _read_string(text: str) -> OriginRule:
    if text in ("*", "null"):
        return text
    _check_filled_in(text)
    if not text.strip():
        raise OriginError(
            "an empty origin allows nobody, and is mostly a variable that was not set",
            'Write the origin, or "*" for any',
        )
    if text.strip().lower() == "null":
        raise OriginError(f"{text!r} is not how browsers write the opaque origin", 'Write "null"')
    if re.search(r"\s", text):
        raise OriginError(f"{text!r} has white space in it", f'Write "{"".join(text.split())}"')
    if "," in text and not _REGEX_CHARACTERS & set(text):
        items = [item.strip() for item in text.split(",")]
        raise OriginError(
            f"{text!r} is a list in one string", f"Write one item for each: {items!r}"
        )
    if _REGEX_CHARACTERS & set(_IPV6_HOST.sub("", text)) and not BEYOND_ORIGIN.fullmatch(text):
        return read_regex(text)
    if "*" in text:
        return _read_wildcard(text)
    return str(_read_tuple_origin(text))


def _check_filled_in(text: str) -> None:
    """Check that a string is what was meant to be there, and not what it was written with."""
    variable = _VARIABLE.search(text)
    if variable:
        name = next(filter(None, variable.groups()))
        raise OriginError(
            f"{text!r} holds the name of a variable in place of its value",
            f'Fill it in, as with os.environ["{name}"]',
        )
    items = [item for item in re.split(r"""[\s,;'"]+""", text.strip("()[]")) if item]
    listed = f"Write one item for each: {items!r}"
    if "'" in text or '"' in text:
        bare = f'Write "{"".join(items) or "https://app.example.com"}"'
        raise OriginError(f"{text!r} has quotes in it", listed if len(items) > 1 else bare)
    if len(items) > 1 and all("://" in item for item in items):
        raise OriginError(f"{text!r} is a list in one string", listed)


def _read_tuple_origin(text: str) -> Origin:
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest, text)
    host, port = _split_port(authority, text)
    return _checked(scheme, host, _read_port(port, scheme, host, text), text)


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise OriginError(f"{text!r} has no scheme", _scheme_hint(text))
    scheme = scheme.lower()
    if not _SCHEME.fullmatch(scheme):
        raise OriginError(
            f"{text!r} does not begin with a scheme", f'Write "https://{rest or "example.com"}"'
        )
    if scheme == "file":
        raise OriginError(
            f"{text!r} is no origin: browsers send null for a page that is a file",
            'Serve the page over HTTP; "null" would let in every sandboxed page too',
        )
    if scheme in ("ws", "wss"):
        page = "https" if scheme == "wss" else "http"
        raise OriginError(
            f"{text!r} is a WebSocket address, and an Origin header names the page",
            f'Write "{page}://{rest}"',
        )
    meant = get_close_matches(scheme, ("http", "https"), n=1, cutoff=0.75)
    if meant and scheme not in meant:
        raise OriginError(
            f"{text!r} has the unknown scheme {scheme!r}", f'Write "{meant[0]}://{rest}"'
        )
    return scheme, rest


def _scheme_hint(text: str) -> str:
    rest = re.sub(r"^(?:https?(?=:|//))?:?/{0,2}", "", text, flags=re.IGNORECASE).rstrip("/")
    host, _, port = rest.partition(":")
    if not host or (port and not re.fullmatch(r"[0-9]+|\*", port)):
        return 'Write as in "https://app.example.com"'
    local = host == "localhost" or is_ipv4(host) or text.lower().startswith("http:")
    return f'Write "{"http" if local else "https"}://{rest}"'


def _without_path(scheme: str, rest: str, text: str) -> str:
    authority = re.split(r"[/?#]", rest)[0]
    beyond = rest[len(authority) :]
    if "@" in authority:
        bare = authority.rpartition("@")[2]
        raise OriginError(
            f"{text!r} has a user name in it, which no origin has", f'Write "{scheme}://{bare}"'
        )
    if beyond not in ("", "/"):
        part = {"/": "a path", "?": "a query", "#": "a fragment"}[beyond[0]]
        raise OriginError(
            f"{text!r} has {part}, and an origin ends with its host or port",
            f'Write "{scheme}://{authority}"',
        )
    return authority


def _split_port(authority: str, text: str) -> tuple[str, str | None]:
    if authority.startswith("["):
        host, bracket, tail = authority.partition("]")
        if not bracket or (tail and tail[0] != ":"):
            raise OriginError(
                f"{text!r} has a malformed IPv6 address", 'Write as in "http://[::1]"'
            )
        return host + bracket, tail[1:] if tail else None
    host, colon, port = authority.partition(":")
    if ":" in port:
        raise OriginError(
            f"{text!r} has more than one colon after the scheme",
            f'Write an IPv6 address in brackets: "{text.partition("://")[0]}://[{authority}]"'
            if serialize_ipv6(f"[{authority}]")
            else "Write one port, or none",
        )
    return host, port if colon else None


def _read_port(port: str | None, scheme: str, host: str, text: str) -> int | None:
    if port is None:
        return None
    if not (port.isascii() and port.isdigit()):
        raise OriginError(f"{text!r} has a port that is no number", f'Write "{scheme}://{host}"')
    if port[0] == "0" and port.strip("0"):
        plain = port.lstrip("0")
        raise OriginError(
            f"{text!r} has a port with leading zeros", f'Write "{scheme}://{host}:{plain}"'
        )
    if len(port) > 5 or not 1 <= int(port) <= 65535:
        raise OriginError(
            f"{text!r} has a port that is not 1 to 65535", f'Write "{scheme}://{host}"'
        )
    return int(port) if int(port) != DEFAULT_PORTS.get(scheme) else None


def _checked(scheme: str, host: str, port: int | None, text: str) -> Origin:
    origin = Origin(scheme, _read_host(scheme, host, text), port)
    if len(str(origin)) > MAX_ORIGIN_LENGTH:
        raise OriginError(
            f"{text!r} is longer than an origin can be, {MAX_ORIGIN_LENGTH} characters"
        )
    return origin


def _read_host(scheme: str, host: str, text: str) -> str:
    if not host:
        raise OriginError(f"{text!r} has no host", f'Write as in "{scheme}://app.example.com"')
    if not host.isascii():
        raise OriginError(f"{text!r} has a host that is not ASCII", _ascii_hint(host, text))
    host = host.lower()
    if host[0] == "[":
        address = serialize_ipv6(host)
        if address is None:
            raise OriginError(
                f"{text!r} has a malformed IPv6 address", 'Write as in "http://[::1]"'
            )
        return address
    if not _HOST.fullmatch(host):
        raise OriginError(f"{text!r} has a malformed host", _host_hint(scheme, host))
    if ends_in_number(host) and not is_ipv4(host):
        raise OriginError(
            f"{text!r} has a host that browsers read as an IPv4 address, and it is none",
            f'Write four numbers from 0 to 255, as in "{scheme}://127.0.0.1"',
        )
    return host


def _host_hint(scheme: str, host: str) -> str:
    inner = host.strip(".")
    if not _HOST.fullmatch(inner):
        return f'Write as in "{scheme}://app.example.com"'
    if host.startswith(".") and "." in inner:
        return f'Write "{scheme}://*.{inner}" for its subdomains'
    return f'Write "{scheme}://{inner}"'


def _ascii_hint(host: str, text: str) -> str:
    # DNS carries no more, and the codec takes its time.
    labels = host.split(".") if len(host) <= 253 else []
    try:
        ascii_host = ".".join(map(_ascii_label, labels))
    except UnicodeError:
        ascii_host = ""
    if not _HOST.fullmatch(ascii_host):
        return "Write the host as browsers send it, in labels that begin with xn--"
    return f'Write it as browsers send it: "{text.replace(host, ascii_host)}"'


def _ascii_label(label: str) -> str:
    if len(label) > 63:
        raise UnicodeError
    if _KEPT_BY_BROWSERS.isdisjoint(label):
        return label.encode("idna").decode("ascii")
    return "xn--" + label.lower().encode("punycode").decode("ascii")


def _read_wildcard(text: str) -> OriginPattern:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise OriginError(f"{text!r} is no origin pattern: it has no scheme", _pattern_hint(text))
    if "*" in scheme:
        raise OriginError(
            f"{text!r} has a * for its scheme, and http is open to whoever is on the way",
            f'Write "https://{rest}", and "http://{rest}" too if that is meant',
        )
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest, text)
    subdomains = authority.startswith("*.")
    host, port_text = _split_port(authority.removeprefix("*."), text)
    if host == "*":
        raise OriginError(
            f"{text!r} means every host", 'Write the hosts that are meant, or "*" for any origin'
        )
    if "*" in host or (port_text is not None and "*" in port_text and port_text != "*"):
        raise OriginError(
            f"{text!r} has a * elsewhere than as the whole first label or the whole port",
            _pattern_hint(text),
        )
    any_port = port_text == "*"
    written = authority.removesuffix(f":{port_text}")
    port = ANY_PORT if any_port else _read_port(port_text, scheme, written, text)
    checked = _checked(scheme, host, None, text).host
    if subdomains and (checked[0] == "[" or ends_in_number(checked)):
        raise OriginError(
            f"{text!r}: an IP address has no subdomains", f'Write "{scheme}://{checked}"'
        )
    if subdomains and "." not in checked:
        raise OriginError(
            f"{text!r} would let in everybody's hosts below {checked!r}, a single label",
            f'Write the domain that is yours, as in "{scheme}://*.example.{checked}"'
            if checked != "localhost"
            else rf'Write re.compile(r"{scheme}://[a-z0-9-]+\.localhost(:[0-9]+)?")',
        )
    return OriginPattern(scheme, checked, port, subdomains)


def _pattern_hint(text: str) -> str:
    # A regex with a capital letter in it could match no origin.
    text = text.lower()
    if re.fullmatch(r"[a-z0-9-]+:\*", text):
        return _scheme_hint(text)
    rest = text.partition("://")[2] or text
    scheme = text.partition("://")[0] if "://" in text else "https"
    labels = rest.split(".")
    tail = ".".join(labels[max(i for i, label in enumerate(labels) if "*" in label) + 1 :])
    if "." in tail and text.count("*") == 1 and not re.search(r"[/:]", tail):
        written = re.escape(rest.lstrip(".")).replace(r"\-", "-").replace(r"\*", r"[a-z0-9-]+")
        if rest.lstrip(".").startswith("*."):
            return f'Write "{scheme}://*.{tail}"'
        return (
            f'Write "{scheme}://*.{tail}" for every subdomain, '
            f'or re.compile(r"{scheme}://{written}")'
        )
    return 'Write as in "https://*.example.com", "http://localhost:*", or a re.compile(...)'


def _read_pattern_object(pattern: re.Pattern[Any]) -> re.Pattern[str]:
    if isinstance(pattern.pattern, bytes):
        raise OriginError(
            "the regex is one for bytes", f"Write it as a string: {pattern.pattern!r}"
        )
    check_reach(pattern)
    return pattern


def _read_callable(function: Any) -> OriginCallable:
    # An object with an async __call__ does not look async; its method does.
    method = function.__call__
    call = method if inspect.iscoroutinefunction(method) else function
    try:
        signature = inspect.signature(function)
    except Exception:
        # What was written in C may have none, and an odd object may raise anything.
        return OriginCallable(call, takes_request=False)
    takes_one, takes_two = (_takes(signature, count) for count in (1, 2))
    if takes_two and (not takes_one or "request" in signature.parameters):
        return OriginCallable(call, takes_request=True)
    if takes_one:
        return OriginCallable(call, takes_request=False)
    raise OriginError(
        f"{getattr(function, '__name__', function)!s} cannot be called with an origin",
        "Write a function that takes (origin), or (origin, request)",
    )


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
