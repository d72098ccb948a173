"""The cache on disk gives back exactly what was stored, or nothing: never what somebody else may have written."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bifront.runtime.native import cache as module
from bifront.runtime.native import engine
from bifront.runtime.native.cache import Cache, default_directory
from bifront.runtime.native.engine import load
from bifront.runtime.native.image import Image

PAYLOAD = bytes(range(256)) * 20


@pytest.fixture
def store(tmp_path: Path) -> Cache:
    made = Cache(str(tmp_path / "cache"))
    made.write("key", PAYLOAD)
    return made


def only_file(store: Cache) -> Path:
    assert store.directory is not None
    (found,) = Path(store.directory).iterdir()
    return found


def test_what_was_stored_comes_back(store: Cache) -> None:
    assert store.read("key") == PAYLOAD
    assert store.read("another key") is None
    store.write("key", b"new")
    assert store.read("key") == b"new"
    store.discard("key")
    assert store.read("key") is None


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_folder_and_files_are_the_users_alone(store: Cache) -> None:
    assert store.directory is not None
    assert stat.S_IMODE(os.stat(store.directory).st_mode) == 0o700
    assert stat.S_IMODE(only_file(store).stat().st_mode) == 0o600


def damages() -> Iterator[tuple[str, bytes]]:
    whole = module._MAGIC + bytes(32) + PAYLOAD
    for region, at in (
        ("magic", 0),
        ("version", 7),
        ("digest", 8),
        ("end of the digest", 39),
        ("content", 40),
        ("middle", 2000),
        ("end", len(whole) - 1),
    ):
        yield region, at.to_bytes(4, "little")


@pytest.mark.parametrize(("region", "at"), list(damages()), ids=[r for r, _ in damages()])
def test_a_damaged_file_is_discarded(store: Cache, region: str, at: bytes) -> None:
    path, position = only_file(store), int.from_bytes(at, "little")
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    assert store.read("key") is None, f"damage in the {region} was not seen"
    assert not path.exists(), "a damaged file stays"


@pytest.mark.parametrize("length", [0, 3, 8, 20, 40, 41, 1000, 40 + len(PAYLOAD) - 1])
def test_a_file_cut_short_is_discarded(store: Cache, length: int) -> None:
    path = only_file(store)
    path.write_bytes(path.read_bytes()[:length])
    assert store.read("key") is None
    assert not path.exists()


def test_a_file_that_grew_is_discarded(store: Cache) -> None:
    path = only_file(store)
    path.write_bytes(path.read_bytes() + b"\0")
    assert store.read("key") is None


def test_a_file_under_another_name_is_discarded(store: Cache) -> None:
    path = only_file(store)
    path.rename(path.with_name(module._name("another key")))
    assert store.read("another key") is None


posix = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")


@posix
@pytest.mark.parametrize("mode", [0o722, 0o770, 0o702, 0o777])
def test_a_folder_that_others_may_write_to_is_refused(store: Cache, mode: int) -> None:
    assert store.directory is not None
    os.chmod(store.directory, mode)
    with pytest.warns(RuntimeWarning, match="can be written to by others"):
        assert store.read("key") is None
    store.write("second", b"x")
    os.chmod(store.directory, 0o700)
    assert store.read("second") is None, "something was stored in a folder that others may write to"
    assert store.read("key") == PAYLOAD


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_refused(store: Cache, mode: int) -> None:
    only_file(store).chmod(mode)
    assert store.read("key") is None


@posix
def test_links_are_refused(store: Cache, tmp_path: Path) -> None:
    assert store.directory is not None
    link = tmp_path / "link"
    link.symlink_to(store.directory)
    with pytest.warns(RuntimeWarning, match="is a symbolic link"):
        assert Cache(str(link)).read("key") is None
    path = only_file(store)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert store.read("key") is None


@posix
def test_another_users_folder_is_refused(store: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert store.read("key") is None


def test_a_place_that_cannot_be_written_to_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = Cache(str(tmp_path / "file" / "cache"))
    blocked.write("key", PAYLOAD)
    assert blocked.read("key") is None


def test_no_folder_means_no_cache() -> None:
    store = Cache(None)
    store.write("key", PAYLOAD)
    assert store.read("key") is None


def test_what_was_unused_for_longest_goes_first(tmp_path: Path) -> None:
    store = Cache(str(tmp_path / "cache"), limit=3 * (1000 + 40))
    for i in range(3):
        store.write(str(i), bytes(1000))
        os.utime(tmp_path / "cache" / module._name(str(i)), (i, i))
    assert store.read("0") is not None, "reading makes a file young"
    store.write("3", bytes(1000))
    kept = [i for i in range(4) if store.read(str(i)) is not None]
    assert kept == [0, 2, 3]


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    store = Cache(str(tmp_path / "cache"))
    payloads = [bytes([i]) * 200_000 for i in range(8)]

    def work(payload: bytes) -> None:
        for _ in range(10):
            store.write("key", payload)
            assert store.read("key") in payloads

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, payloads))
    only_file(store)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"BIFRONT_CACHE_DIR": ""}, None),
        ({"BIFRONT_CACHE_DIR": "/given"}, "/given"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/user"}, "/xdg/bifront/native"),
        ({"HOME": "/home/user"}, "/home/user/.cache/bifront/native"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="where Linux keeps caches")
def test_the_folder(
    environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BIFRONT_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_directory() == expected


IR = "define i64 @answer() { ret i64 42 }"


def test_code_from_the_cache_is_not_written_again(tmp_path: Path) -> None:
    store = Cache(str(tmp_path / "cache"))
    written: list[str] = []

    def text() -> str:
        written.append(IR)
        return IR

    first, second = load(text, "key", store), load(text, "key", store)
    assert len(written) == 1
    assert first.address("answer") != 0
    assert second.address("answer") != 0
    with pytest.raises(LookupError, match="no function 'question'"):
        second.address("question")
    load(text, "another", store)
    path = next(iter((tmp_path / "cache").iterdir()))
    path.write_bytes(path.read_bytes()[:-1])
    load(text, "key", store)
    load(text, "another", store)
    assert len(written) == 3, "damaged code must be written anew, sound code not"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere LLVM links")
def test_cached_code_runs_without_llvm(tmp_path: Path) -> None:
    program = (
        "import ctypes, sys\n"
        "from bifront.runtime.native.engine import load, links_here\n"
        f"code = load(lambda: {IR!r}, 'key')\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int64)(code.address('answer'))(),"
        " 'llvmlite.binding' in sys.modules and links_here())\n"
    )
    environment = {**os.environ, "BIFRONT_CACHE_DIR": str(tmp_path / "cache")}
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said[0][0] == said[1][0] == "42"
    assert said[1][1] == "False"


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 47, b"\xff" * 48, b"\xff" * 500, bytes(48) + b"\x90"]
)
def test_bytes_that_are_no_image(data: bytes) -> None:
    with pytest.raises(ValueError, match="image"):
        Image.from_bytes(data)


def test_an_image_survives_its_file() -> None:
    image = Image(
        bytes(5000), 4096, 9000, {"f": 16, "g": 0}, (8, 64), ((128, "sin"), (256, "memset"))
    )
    assert Image.from_bytes(image.to_bytes()) == image


def test_code_that_llvm_links_runs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done where objects are not linked here."""
    monkeypatch.setattr(engine, "links_here", lambda: False)
    engine._linker.cache_clear()
    store = Cache(str(tmp_path / "cache"))
    try:
        for _ in range(2):
            code = load(lambda: IR, "key", store)
            assert isinstance(code, engine.Linked)
            assert ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("answer"))() == 42
            with pytest.raises(LookupError, match="no function 'question'"):
                code.address("question")
    finally:
        engine._linker.cache_clear()


def test_any_flipped_bit_is_noticed(store: Cache) -> None:
    path = only_file(store)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        path.chmod(0o600)
        assert store.read("key") is None, f"bit {at % 8} of byte {at}"
    path.write_bytes(whole)
    path.chmod(0o600)
    assert store.read("key") == PAYLOAD


def test_damaged_code_is_compiled_anew(tmp_path: Path) -> None:
    """From the outside: a process that finds its code damaged, cut short or foreign gives the same result."""
    program = (
        "import numpy as np, bifront as bf, bifront.static as tf\n"
        "x = tf.placeholder(tf.float32, [None]); y = tf.reduce_sum(tf.exp(x) * x)\n"
        "with bf.using_backend('native'), tf.Session() as s:\n"
        "    print(s.run(y, {x: np.arange(9, dtype=np.float32)}))\n"
    )
    folder = tmp_path / "cache"
    environment = {**os.environ, "BIFRONT_CACHE_DIR": str(folder)}

    def result() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    wanted = result()
    files = {path: path.read_bytes() for path in folder.iterdir()}
    assert files
    for damage in (
        lambda b: b[: len(b) // 2],
        lambda b: b[:-1] + bytes([b[-1] ^ 1]),
        lambda b: b"\x00" * len(b),
        lambda b: b.replace(b"bifront\x01", b"bifront\x02", 1),
    ):
        for path, content in files.items():
            path.write_bytes(damage(content))
            path.chmod(0o600)
        assert result() == wanted
        assert all(path.read_bytes() == content for path, content in files.items())
