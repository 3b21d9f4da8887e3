"""The store: entries appear whole or not at all, are checked when read, and the oldest go first."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from press.store import STORE_VARIABLE, Store, open_store

KEY = "0123456789abcdef" * 4


class Said(list[str]):
    """What a person was told."""

    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def store(tmp_path: Path, said: Said) -> Store:
    return Store(tmp_path / "store", said)


def test_what_was_put_is_got(store: Store, said: Said) -> None:
    assert store.get("chapters", KEY) is None and not store.has("chapters", KEY)
    store.put("chapters", KEY, b"result")
    assert store.has("chapters", KEY) and store.get("chapters", KEY) == b"result"
    assert store.get("views", KEY) is None
    store.put("chapters", KEY, b"")
    assert store.get("chapters", KEY) == b""
    assert said == []


@pytest.mark.parametrize("damage", [b"", b"short", lambda whole: whole[:-1], lambda whole: whole + b"x"])
def test_a_damaged_entry_is_dropped_with_a_line(store: Store, said: Said, damage: Any) -> None:
    store.put("chapters", KEY, b"result")
    path = store.folder / "chapters" / KEY
    path.write_bytes(damage(path.read_bytes()) if callable(damage) else damage)
    assert store.get("chapters", KEY) is None
    assert said == [f"the kept result chapters/{KEY[:12]} is damaged; it is made anew"]
    assert not path.exists()
    store.put("chapters", KEY, b"result")
    assert store.get("chapters", KEY) == b"result"


def test_many_writers_and_readers_see_whole_entries(store: Store, said: Said) -> None:
    content = os.urandom(200_000)
    seen: list[bytes | None] = []

    def work() -> None:
        for _ in range(20):
            store.put("chapters", KEY, content)
            seen.append(store.get("chapters", KEY))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [content] * 120 and said == []
    assert [path.name for path in (store.folder / "chapters").iterdir()] == [KEY]


def test_a_store_that_cannot_be_written_is_said_and_costs_no_result(tmp_path: Path, said: Said) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    store = Store(tmp_path / "file", said)
    store.put("chapters", KEY, b"result")
    assert store.get("chapters", KEY) is None
    assert [text.partition(" (")[0] for text in said] == [
        "a result could not be kept",
        f"the kept result chapters/{KEY[:12]} cannot be read",
    ]


def test_the_entries_unused_for_longest_go_first(store: Store) -> None:
    for day, key in enumerate("abcd"):
        store.put("chapters", key, b"x" * 68)  # a hundred bytes with its hash
        os.utime(store.folder / "chapters" / key, (day, day))
    assert store.get("chapters", "a")  # used just now
    half = store.folder / "chapters" / ".half-written"
    half.write_bytes(b"another build is writing it")
    assert store.prune(400) == 0 and half.exists()
    os.utime(half, (0, 0))  # its writer was killed long ago
    assert store.prune(400) == 0 and not half.exists()
    assert store.prune(399) == 1
    assert sorted(path.name for path in store.folder.glob("*/*")) == ["a", "c", "d"]
    assert store.prune(0) == 3
    assert store.prune(0) == 0


def test_the_environment_names_a_shared_folder(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    assert open_store(tmp_path, said).folder == tmp_path / "_build/store"
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "shared"))
    open_store(tmp_path / "one", said).put("chapters", KEY, b"result")
    assert open_store(tmp_path / "other", said).get("chapters", KEY) == b"result"


def test_a_store_that_refuses_everything_is_said_and_never_raised(
    store: Store, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("chapters", "damaged", b"result")
    (store.folder / "chapters/damaged").write_bytes(b"x")

    def refuse(path: Path, *arguments: Any, **named: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patched:
        for method in ("replace", "unlink"):
            patched.setattr(Path, method, refuse)
        assert not store.put("chapters", KEY, b"result") and store.get("chapters", "damaged") is None
        assert [line.split(";")[0] for line in said] == [
            "a result could not be kept (Input/output error)",
            "the kept result chapters/damaged is damaged",
        ]
        assert store.prune(most=0) == 0
        patched.setattr(Path, "stat", refuse)
        assert store.prune(most=0) == 0
