"""Sealed editions: what was published, from which commit, file by file; and whether it can be made again."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from press.errors import PressError, SiteError, nearest
from press.keys import LOCK
from press.manifest import EDITIONS, MANIFEST, read_manifest
from press.package import Package
from press.site import SITE, unchanged
from press.whole import write_whole

#: Where the seals stand, one file an edition.
SEALS = "editions/sealed"

Seal = dict[str, Any]


def read_seals(root: Path) -> dict[str, Seal]:
    """Return the seals by name, earliest first. Raises SiteError for one that is damaged."""
    seals: dict[str, Seal] = {}
    for path in sorted((root / SEALS).glob("*.json")):
        try:
            seal = json.loads(path.read_text("utf-8"))
            assert isinstance(seal["files"], dict) and isinstance(seal["updates"], list) and seal["commit"]
            assert isinstance(seal["review"], dict) and date.fromisoformat(seal["day"])
        except (OSError, ValueError, KeyError, TypeError, AssertionError):
            raise SiteError(f"{SEALS}/{path.name}: is damaged; a seal is written once, by 'press seal'") from None
        seals[path.stem] = seal
    return dict(sorted(seals.items(), key=lambda item: (item[1]["day"], item[0])))


def seal(root: Path, name: str, review: Mapping[str, int]) -> Path:
    """Seal the built site under ``name`` and return the seal's file. ``review`` counts numbers seen and ticked.

    Raises SiteError if the name is taken, if something is not committed, if the site is not what these files give, or
    if nothing in the table of updates says why there is a new edition.
    """
    path = root / SEALS / f"{name}.json"
    if not name.replace("-", "").replace(".", "").isalnum():
        raise SiteError(f"found the name '{name}', expected letters, digits, '.' and '-'")
    seals = read_seals(root)
    if name in seals:
        raise SiteError(f"the edition {name} is sealed already; what was published never changes: seal a new edition")
    dirty = [line[3:] for line in _git(root, "status", "--porcelain").splitlines()]
    if dirty:
        raise SiteError(f"found changes that are not committed ({', '.join(dirty[:3])}), expected a clean commit")
    if not unchanged(root, {}):
        raise SiteError(f"{SITE}/ is not what this commit gives; run 'press build' first")
    updates = _updates(root)
    told = {update for earlier in seals.values() for update in earlier["updates"]}
    if seals and not set(updates) - told:
        raise SiteError("data/updates.csv: found no entry since the last sealed edition, expected what changed")
    site = root / SITE
    manifest = read_manifest(site)
    found = {
        "commit": _git(root, "rev-parse", "HEAD").strip(),
        "day": date.today().isoformat(),
        "lock": _sha256(root / LOCK) if (root / LOCK).is_file() else "",
        "data": manifest["data"],
        "python": manifest["python"],
        "manifest": _sha256(site / MANIFEST),
        "review": dict(review),
        "updates": updates,
        "files": dict(all_files(site)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(found, indent=1, sort_keys=True) + "\n")
    return path


def all_files(site: Path, below: str = "") -> Iterator[tuple[str, str]]:
    """Yield every file of a site with its SHA-256, as its manifests have them: those of earlier editions too."""
    manifest = read_manifest(site)
    for name, told in sorted(manifest["files"].items()):
        yield f"{below}{name}", told
    for edition in sorted(manifest["editions"]):
        yield from all_files(site / EDITIONS / edition, f"{below}{EDITIONS}/{edition}/")


def reproduce(root: Path, name: str, build: Callable[[Path], None]) -> list[str]:
    """Make a sealed edition again from its commit and return what differs, a line each.

    ``build`` makes the site of a clean checkout. Raises SiteError for an unknown edition or a commit that is gone.
    """
    seals = read_seals(root)
    if name not in seals:
        raise SiteError(f"there is no sealed edition '{name}'{nearest(name, seals)}")
    told = seals[name]
    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        checkout = Path(folder) / "book"
        _git(root, "worktree", "prune")
        _git(root, "worktree", "add", "--detach", "--quiet", str(checkout), told["commit"])
        try:
            build(checkout)
            made = dict(all_files(checkout / SITE))
        finally:
            _git(root, "worktree", "remove", "--force", str(checkout))
    files: dict[str, str] = told["files"]
    return [
        *(f"{file}: is missing" for file in sorted(files.keys() - made.keys())),
        *(f"{file}: was not there" for file in sorted(made.keys() - files.keys())),
        *(f"{file}: differs" for file in sorted(files.keys() & made.keys()) if files[file] != made[file]),
    ]


def make_book(checkout: Path) -> None:
    """Build a checkout as its README says: in an environment of its own, from its own lock file."""
    done = subprocess.run(["make", "book"], cwd=checkout, capture_output=True, text=True)
    if done.returncode:
        raise SiteError("the edition could not be built again:\n" + (done.stderr or done.stdout)[-2000:])


def _updates(root: Path) -> list[str]:
    package = Package(root)
    return sorted(row["id"] for row in package.rows("updates")) if "updates" in package.resources else []


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise PressError(f"git {arguments[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr else 'failed'}")
    return done.stdout


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
