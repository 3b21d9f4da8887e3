"""What machines read of a publication: ``Article`` and ``Dataset`` of schema.org. Empty values are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from press.package import Package


def article(
    package: Package, *, author: str, dates: Sequence[str], whole: tuple[str, str], **fields: str
) -> dict[str, Any]:
    """Describe a chapter. ``dates`` are those of its updates, newest first; ``whole`` is the book's name and address.

    ``fields`` are texts of schema.org's own names, as ``headline``.
    """
    book = {"@type": "Book", "name": whole[0], "url": whole[1]}
    return _linked("Article", package, author, dates, {**fields, "isPartOf": book})


def dataset(package: Package, root: str, *, author: str, dates: Sequence[str], **fields: str) -> dict[str, Any]:
    """Describe the data package with a download for each table; ``root`` is the address that ``data/`` stands under."""
    tables = [
        {
            "@type": "DataDownload",
            "name": resource.get("title", name),
            "description": resource.get("description", ""),
            "encodingFormat": "text/csv",
            "contentUrl": f"{root}data/{resource['path']}",
        }
        for name, resource in package.resources.items()
    ]
    told = package.descriptor
    own: dict[str, Any] = {key: told[key] for key in ("description", "version", "keywords") if key in told}
    name = {"name": told.get("title", told["name"]), "isAccessibleForFree": True, "distribution": tables}
    return _linked("Dataset", package, author, dates, {**fields, **own, **name})


def _linked(kind: str, package: Package, author: str, dates: Sequence[str], fields: dict[str, Any]) -> dict[str, Any]:
    # The data package's first licence is the publication's.
    licences: list[dict[str, str]] = package.descriptor.get("licenses", [])
    linked = {
        "@context": "https://schema.org",
        "@type": kind,
        "datePublished": dates[-1] if dates else "",
        "dateModified": dates[0] if dates else "",
        "author": {"@type": "Organization", "name": author},
        "license": licences[0].get("path", "") if licences else "",
        **fields,
    }
    return {key: value for key, value in linked.items() if value}
