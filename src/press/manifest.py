"""What an edition consists of: the SHA-256 of each of its files, and of what it was made from."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from press.errors import SiteError
from press.places import below

MANIFEST = "manifest.json"
EDITIONS = "editions"


def write_manifest(site: Path, about: Mapping[str, Any]) -> None:
    """Write the manifest of the edition under ``site``; earlier editions below it have manifests of their own.

    ``about`` says what the edition is and what it was made from.
    """
    earlier = sorted((site / EDITIONS).glob(f"*/{MANIFEST}"))
    manifest = {
        **about,
        "python": platform.python_version(),
        "editions": {path.parent.name: _sha256(path) for path in earlier},
        "files": {name: _sha256(site / name) for name in _files(site)},
    }
    (site / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")


def read_manifest(site: Path) -> dict[str, Any]:
    """Return the manifest of a site. Raises SiteError if there is none, or it is damaged or cannot be read."""
    path = site / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
        assert isinstance(manifest["files"], dict) and isinstance(manifest["editions"], dict)
    except FileNotFoundError:
        raise SiteError(f"{site.name}/: found no {MANIFEST}, expected the folder of a built site") from None
    except OSError as error:
        raise SiteError(
            f"{site.name}/{MANIFEST}: cannot be read ({error.strerror}), expected a file that can"
        ) from None
    except (ValueError, KeyError, TypeError, AssertionError):
        raise SiteError(f"{site.name}/{MANIFEST}: is damaged; expected a list of files with their SHA-256") from None
    return manifest


def verify(site: Path) -> list[str]:
    """Return what differs between a site and its manifests, a line each; none if every file is as it was built."""
    manifest = read_manifest(site)
    found = set(_files(site))
    faults = [f"{name}: is missing" for name in sorted(manifest["files"].keys() - found)]
    faults += [f"{name}: is not in the manifest" for name in sorted(found - manifest["files"].keys())]
    for name, told in sorted(manifest["files"].items()):
        if name in found and _sha256(site / name) != told:
            faults.append(f"{name}: differs from the manifest")
    unknown = {path.name for path in (site / EDITIONS).glob("*")} - manifest["editions"].keys()
    faults += [f"{EDITIONS}/{name}: is not in the manifest" for name in sorted(unknown)]
    for edition, told in sorted(manifest["editions"].items()):
        folder = site / EDITIONS / edition
        if not (folder / MANIFEST).is_file():
            faults.append(f"{EDITIONS}/{edition}: is missing")
            continue
        if _sha256(folder / MANIFEST) != told:
            faults.append(f"{EDITIONS}/{edition}/{MANIFEST}: differs from the manifest")
        faults += [f"{EDITIONS}/{edition}/{fault}" for fault in verify(folder)]
    return faults


def verify_address(address: str) -> list[str]:
    """Return what differs between a published site and its own manifests, a line each.

    Files that no manifest has cannot be seen from outside. Raises SiteError if there is no site at the address.
    """
    import requests

    base = address.rstrip("/") + "/"
    with requests.Session() as session:

        def fetch(name: str) -> bytes | None:
            try:
                answer = session.get(base + quote(name), timeout=30)
            except requests.RequestException as error:
                raise SiteError(f"{base}{name}: no answer ({type(error).__name__})") from None
            return answer.content if answer.ok else None

        def compare(start: str, content: bytes | None) -> Iterator[str]:
            try:
                manifest = json.loads(content or b"")
                files, editions = dict(manifest["files"]), dict(manifest["editions"])
            except (ValueError, KeyError, TypeError):
                raise SiteError(f"{base}{start}{MANIFEST}: found no manifest, expected that of a built site") from None
            for name, told in sorted(files.items()):
                found = fetch(start + name)
                if found is None or hashlib.sha256(found).hexdigest() != told:
                    yield f"{start}{name}: {'is missing' if found is None else 'differs from the manifest'}"
            for edition, told in sorted(editions.items()):
                folder = f"{start}{EDITIONS}/{edition}/"
                found = fetch(folder + MANIFEST)
                if found is None or hashlib.sha256(found).hexdigest() != told:
                    yield f"{folder}{MANIFEST}: {'is missing' if found is None else 'differs from the manifest'}"
                else:
                    yield from compare(folder, found)

        return list(compare("", fetch(MANIFEST)))


def _files(site: Path) -> list[str]:
    """Return the files of an edition, without its manifest and without earlier editions."""
    names = (path.relative_to(site) for path in below(site) if path.is_file())
    return sorted(name.as_posix() for name in names if name.parts[0] not in (MANIFEST, EDITIONS))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
