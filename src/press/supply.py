"""What a publication is built with: every locked package with its licence, and the bill of materials of an edition."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import uuid
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from press.errors import DataError, nearest
from press.keys import LOCK
from press.whole import write_whole

#: The licences of the locked packages, as their publishers state them: kept as a file, so that the page of them is the
#: same on a machine for which other packages are meant.
LICENCES = "book/dependencies.csv"
#: The name under which the bill of materials stands in an edition.
BILL = "sbom.cdx.json"

_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})\s*\\?")
_COLUMNS = ("package", "version", "licence", "for")
#: Where the serial numbers of bills begin: any fixed name does, so that the same lock has the same number.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:press:sbom")


@dataclass(frozen=True)
class Locked:
    """One package of the lock file. ``marker`` says where it is installed; "" is everywhere."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def locked(root: Path) -> list[Locked]:
    """Return the packages of ``requirements.lock`` in their order; none without such a file.

    Raises DataError for a line that is neither a pinned package nor a hash, and for a package without a hash.
    """
    path = root / LOCK
    if not path.is_file():
        return []
    found: list[Locked] = []
    for number, line in enumerate(_text(root, LOCK).splitlines(), 1):
        text = line.strip()
        pin, digest = _PIN.fullmatch(text), _HASH.fullmatch(text)
        if pin:
            found.append(Locked(pin[1], pin[2], pin[3] or "", ()))
        elif digest and found:
            last = found[-1]
            found[-1] = Locked(last.name, last.version, last.marker, (*last.hashes, digest[1]))
        elif text and not text.startswith("#"):
            raise DataError(f"{LOCK}, line {number}: found '{text}', expected a package as in 'name==1.0', or its hash")
    bare = [package.name for package in found if not package.hashes]
    if bare:
        raise DataError(f"{LOCK}: found no hash for {', '.join(bare)}, expected one for each file")
    return found


def read_licences(root: Path) -> dict[tuple[str, str], str]:
    """Return the licences by package and version. Raises DataError for a table of other columns."""
    path = root / LICENCES
    if not path.is_file():
        return {}
    try:
        rows = list(csv.reader(io.StringIO(_text(root, LICENCES), newline="")))
    except csv.Error as error:
        raise DataError(f"{LICENCES}: cannot be read ({error}), expected a table") from None
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise DataError(
            f"{LICENCES}, header: found {', '.join(rows[0]) if rows else 'nothing'}, expected {', '.join(_COLUMNS)}"
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(_COLUMNS):
            raise DataError(f"{LICENCES}, row {number}: found {len(row)} cells, expected {len(_COLUMNS)}")
    return {(package, version): licence for package, version, licence, _ in rows[1:]}


def _text(root: Path, name: str) -> str:
    """Return a text of the book. Raises DataError for one that is not UTF-8, or cannot be read."""
    try:
        return (root / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{name}: cannot be read ({why}), expected a text in UTF-8") from None


def write_licences(root: Path) -> list[str]:
    """Write the licences of the locked packages, as those that are installed state them.

    A package that is meant for other machines keeps the licence that its row had. Returns the names without one.
    """
    known = read_licences(root)
    rows, without = [], []
    for package in locked(root):
        licence = _stated(package) or known.get((package.name, package.version), "")
        if not licence:
            without.append(package.name)
        rows.append((package.name, package.version, licence, package.marker))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_COLUMNS, *rows])
    write_whole(root / LICENCES, text.getvalue())
    return without


def _stated(package: Locked) -> str:
    """Return the licence that an installed package states: an SPDX expression, its own short words, or its class."""
    try:
        told = metadata(package.name)
    except PackageNotFoundError:
        return ""
    if told["Version"] != package.version:
        return ""
    if "License-Expression" in told:
        return told["License-Expression"]
    own = told["License"].strip() if "License" in told else ""
    if own and own != "UNKNOWN" and "\n" not in own and "Copyright" not in own:
        return own
    classes = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    return "; ".join(classes)


def allowed_licences(root: Path) -> list[str]:
    """Return the licences that may be used. Raises DataError for settings that are no TOML."""
    try:
        settings = tomllib.loads(_text(root, "pyproject.toml"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"pyproject.toml: not TOML: {error}") from None
    return list(settings.get("tool", {}).get("press", {}).get("licences", []))


def licence_faults(root: Path) -> list[str]:
    """Return what is wrong with the licences of the locked packages, a line each.

    Those that may be used stand in ``pyproject.toml`` as ``licences`` of ``[tool.press]``, in the words of the table.
    """
    known, packages = read_licences(root), locked(root)
    allowed = allowed_licences(root)
    faults = []
    for package in packages:
        licence = known.get((package.name, package.version))
        place = f"{LICENCES}, package {package.name} {package.version}"
        if not licence:
            faults.append(f"{place}: found no licence, expected one; 'press licences' writes those that are installed")
        elif licence not in allowed:
            faults.append(f"{place}: found the licence '{licence}', expected one of [tool.press] in pyproject.toml")
    names = {(package.name, package.version) for package in packages}
    for name, version in known.keys() - names:
        hint = nearest(name, [package.name for package in packages])
        faults.append(f"{LICENCES}, package {name} {version}: found in no line of {LOCK}, expected it there{hint}")
    return sorted(faults)


def bill(root: Path, name: str, version: str) -> bytes:
    """Return the bill of materials (CycloneDX 1.6, JSON) of what the lock file names, the same bytes always.

    It has no time stamp, and its serial number is made from the lock file.
    """
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    known = read_licences(root)
    packages = locked(root)

    def component(package: Locked) -> Component:
        licence = known.get((package.name, package.version))
        url = PackageURL("pypi", name=package.name.lower().replace("_", "-"), version=package.version)
        return Component(
            name=package.name,
            version=package.version,
            purl=url,
            bom_ref=url.to_string(),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.hashes],
            licenses=[DisjunctiveLicense(name=licence)] if licence else None,
        )

    subject = Component(type=ComponentType.APPLICATION, name=name, version=version, bom_ref=name)
    about = BomMetaData(component=subject)
    about.timestamp = None  # type: ignore[assignment]  # the day of the build is no part of what it is built from
    content = (root / LOCK).read_text("utf-8") if packages else ""
    bom = Bom(components=map(component, packages), serial_number=uuid.uuid5(_SPACE, content), metadata=about)
    bom.register_dependency(subject, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1).encode() + b"\n"
