"""The command line, as a user runs it: exit codes, what is printed, which files are written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.pictures.rendering import engine

PAIR = Path(__file__).resolve().parents[2] / "examples" / "pairs" / "linear_regression"

GRAPH = """graph @product(
  %x: f32[n, 2],
) state(
  %w: f32[2, 1] = "w",
) {
  %0: f32[n, 1] = matmul(%x, %w) {transpose_a = false, transpose_b = false}
  %1: f32[2, 1] = add(%w, %w)
  return %0, %w <- %1
}
"""
STATIC = """import numpy as np
import bifront.static as tf

x = tf.placeholder(tf.float32, [2, 3], name="x")
y = tf.exp(x)
z = tf.reduce_sum(y)
with tf.Session() as session:
    print(session.run(z, {x: np.ones((2, 3), np.float32)}))
"""
IMPERATIVE = """import numpy as np
import bifront.imperative as torch

x = torch.from_numpy(np.ones((2, 3), np.float32))
z = torch.tanh(x).sum()
print(z.item())
"""


def bifront(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bifront", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What the command said; it must have ended with exit code 1 and without a traceback."""
    assert done.returncode == 1
    said = done.stderr.lstrip("\n")  # the spinner leaves an empty line
    assert said.startswith("bifront: ")
    assert "cli/main.py" not in said
    return said


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    file = tmp_path / "product.bf"
    file.write_text(GRAPH)
    return file


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    np.save(tmp_path / "x.npy", np.array([[1, 2], [3, 4], [5, 6]], np.float32))
    np.save(tmp_path / "w.npy", np.array([[10], [1]], np.float32))
    return tmp_path


def test_explain_tells_passes_and_rules_of_a_script(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STATIC.replace("tf.exp(x)", "tf.exp(x * 1.0) + tf.exp(x * 1.0)"))
    done = bifront("explain", script, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for told in ("8 -> 3 nodes", "simplify", "cse", "dce", "2 x x * 1 -> x"):
        assert told in done.stdout, done.stdout


def test_explain_takes_a_graph_as_text(graph: Path) -> None:
    done = bifront("explain", graph.name, folder=graph.parent)
    assert done.returncode == 0, done.stderr
    assert "simplify" in done.stdout


def test_explain_refuses_a_script_that_is_not_there(tmp_path: Path) -> None:
    assert "no script nowhere.py" in refused(bifront("explain", "nowhere.py", folder=tmp_path))


def test_compare_as_json(tmp_path: Path) -> None:
    done = bifront("compare", PAIR, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["same_graph"] is True
    assert found["max_abs_difference"] == 0.0
    assert found["same_numbers"] is True
    assert found["difference"] is None
    assert found["graphs"]["static"] == found["graphs"]["imperative"]
    (graph,) = found["graphs"]["static"]
    assert graph["runs"] == found["identical_runs"] == 200
    wanted = {"lines", "names", "ceremony", "graphs_built", "first_number_s", "step_s", "peak_mb"}
    for style in ("static", "imperative"):
        figures = found["styles"][style]
        assert wanted <= set(figures)
        assert all(figures[key] > 0 for key in wanted)
        assert figures["graphs_built"] == 1
    assert list(tmp_path.iterdir()) == []


def test_compare_two_that_differ(tmp_path: Path) -> None:
    static, imperative = tmp_path / "one.py", tmp_path / "other.py"
    static.write_text(STATIC)
    imperative.write_text(IMPERATIVE)
    done = bifront("compare", static, imperative, "--json", folder=tmp_path)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["same_graph"] is False
    assert found["max_abs_difference"] > 0
    difference = found["difference"]
    assert "exp" in difference
    assert "tanh" in difference
    assert f"{static}:5" in difference
    assert f"{imperative}:5" in difference


def test_compare_for_people_writes_text_and_picture(tmp_path: Path) -> None:
    done = bifront("compare", PAIR, "-o", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The same graph." in done.stdout
    assert "The same numbers." in done.stdout
    written = bf.parse((tmp_path / "out" / "linear_regression.bf").read_text())
    assert any(s.changes for s in written.states)
    kind = ".svg" if engine() is not None else ".dot"
    assert (tmp_path / "out" / f"linear_regression{kind}").stat().st_size > 0


def test_compare_a_script_that_fails(tmp_path: Path) -> None:
    (tmp_path / "static.py").write_text(STATIC)
    (tmp_path / "imperative.py").write_text("import bifront\nraise SystemError('so it goes')\n")
    said = refused(bifront("compare", tmp_path, folder=tmp_path))
    assert "imperative.py failed" in said
    assert "so it goes" in said


def test_compare_a_folder_without_a_pair(tmp_path: Path) -> None:
    said = refused(bifront("compare", tmp_path, folder=tmp_path))
    assert "there is no script" in said
    assert "static.py" in said


def test_draw_a_script(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STATIC)
    done = bifront("draw", script, "-o", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "16.3" in done.stdout
    if engine() is not None:
        picture = (tmp_path / "out" / "script.svg").read_text()
        assert "<svg" in picture
    else:
        picture = (tmp_path / "out" / "script.dot").read_text()
    assert "exp" in picture


def test_draw_without_an_engine_keeps_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from bifront.cli import main as command
    from bifront.compiler.pictures import rendering

    monkeypatch.setattr(rendering, "engine", lambda: None)
    file = tmp_path / "product.bf"
    file.write_text(GRAPH)
    app = sys.modules[command.__module__].app
    done = CliRunner().invoke(app, ["draw", str(file), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert "matmul" in (tmp_path / "out" / "product.dot").read_text()
    assert "pip install" in done.stderr
    assert "product.dot" in done.stderr
    assert not (tmp_path / "out" / "product.svg").exists()


def test_draw_a_script_that_runs_nothing(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import bifront.imperative as torch\ntorch.ones(2) + 1\n")
    assert "ran no graph" in refused(bifront("draw", script, folder=tmp_path))


def test_show(graph: Path) -> None:
    done = bifront("show", graph, folder=graph.parent)
    assert done.returncode == 0, done.stderr
    parsed = bf.parse(GRAPH)
    assert parsed.to_text().strip() in done.stdout
    assert "1 inputs, 1 states, 2 nodes, 1 outputs" in done.stdout
    assert parsed.fingerprint() in done.stdout


def test_run(graph: Path, arrays: Path) -> None:
    done = bifront(
        "run", graph, "--feed", "x=x.npy", "--feed", "w=w.npy", "-o", "out", folder=arrays
    )
    assert done.returncode == 0, done.stderr
    assert "f32[n, 1]" in done.stdout
    assert np.load(arrays / "out" / "output0.npy").tolist() == [[12], [34], [56]]
    assert np.load(arrays / "out" / "w.npy").tolist() == [[20], [2]]


def fed(graph: Path, folder: Path, *feeds: str) -> str:
    flags = [flag for feed in feeds for flag in ("--feed", feed)]
    return refused(bifront("run", graph, *flags, folder=folder))


def test_run_refuses_pickles(graph: Path, arrays: Path) -> None:
    np.save(arrays / "evil.npy", np.array([{"a": 1}], object), allow_pickle=True)
    said = fed(graph, arrays, "x=evil.npy", "w=w.npy")
    assert "evil.npy does not hold a plain array" in said


def test_run_without_a_feed(graph: Path, arrays: Path) -> None:
    said = fed(graph, arrays, "x=x.npy")
    assert "no array is given for w: f32[2, 1]" in said
    assert "--feed w=FILE.npy" in said


def test_run_with_a_feed_of_another_name(graph: Path, arrays: Path) -> None:
    said = fed(graph, arrays, "x=x.npy", "w=w.npy", "y=x.npy")
    assert "no input or state called y" in said
    assert "it has x, w" in said


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.ones((3, 3), np.float32), ("f32[2, 1]", "3, 3")),
        (np.ones((2, 1), np.float64), ("f32[2, 1]", "f64")),
        (np.array([["a"], ["b"]]), ("f32[2, 1]",)),
    ],
    ids=["shape", "dtype", "words"],
)
def test_run_with_a_feed_that_does_not_fit(
    array: np.ndarray, words: tuple[str, ...], graph: Path, arrays: Path
) -> None:
    np.save(arrays / "bad.npy", array)
    said = fed(graph, arrays, "x=x.npy", "w=bad.npy")
    for word in words:
        assert word in said
    assert "w" in said.split("f32[2, 1]")[0]


def test_run_with_feeds_that_are_no_files(graph: Path, arrays: Path) -> None:
    (arrays / "noise.npy").write_bytes(bytes(range(256)))
    (arrays / "empty.npy").write_bytes(b"")
    assert "cannot be read" in fed(graph, arrays, "x=nowhere.npy", "w=w.npy")
    assert "does not hold a plain array" in fed(graph, arrays, "x=noise.npy", "w=w.npy")
    assert "does not hold a plain array" in fed(graph, arrays, "x=empty.npy", "w=w.npy")
    assert "not of the form NAME=FILE.npy" in fed(graph, arrays, "x.npy")


def test_run_with_an_archive_of_arrays(graph: Path, arrays: Path) -> None:
    np.savez(arrays / "many.npz", a=np.ones(1))
    assert "does not hold a plain array" in fed(graph, arrays, "x=many.npz", "w=w.npy")


@pytest.mark.parametrize("command", ["show", "run", "draw"])
def test_files_that_are_no_graphs(command: str, tmp_path: Path) -> None:
    binary, broken = tmp_path / "binary.bf", tmp_path / "broken.bf"
    binary.write_bytes(b"\xff\xfe\x00graph")
    broken.write_text("graph @f(\n  %x f32[2],\n) {\n  return %x\n}\n")
    assert "binary.bf is not text" in refused(bifront(command, binary, folder=tmp_path))
    missing = refused(bifront(command, tmp_path / "none.bf", folder=tmp_path))
    assert "cannot be read: No such file" in missing
    said = refused(bifront(command, broken, folder=tmp_path))
    assert "line 2, column 6" in said
    assert 'expected ":"' in said


def test_a_script_that_does_not_exist(tmp_path: Path) -> None:
    said = refused(bifront("draw", tmp_path / "none.py", folder=tmp_path))
    assert f"there is no script {tmp_path / 'none.py'}" in said


def test_usage(tmp_path: Path) -> None:
    assert bifront("nonsense", folder=tmp_path).returncode == 2
    helped = bifront("--help", folder=tmp_path)
    assert helped.returncode == 0
    for command in ("compare", "draw", "show", "run", "ops"):
        assert command in helped.stdout


def test_operators(tmp_path: Path) -> None:
    done = bifront("ops", folder=tmp_path)
    assert done.returncode == 0
    assert "| `matmul` |" in done.stdout


def test_draw_fused(graph: Path, tmp_path: Path) -> None:
    done = bifront("draw", graph, "--fused", "-o", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "out").iterdir()
    assert "product, [n, 1]" in written.read_text().replace("&#45;", "-").replace("&#160;", " ")


@pytest.mark.parametrize("program", [STATIC, IMPERATIVE])
def test_profile_a_script(program: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(program)
    done = bifront(
        "profile", script, "--no-roofline", "--trace", "t.json", "--flame", "f.svg", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    printed, _, table = done.stdout.partition("profile of ")
    assert printed.strip()
    assert "script.py:5" in table
    assert "the machine" not in table
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    assert any(e["ph"] == "X" for e in events)
    assert (tmp_path / "f.svg").read_text().startswith("<svg")


def test_profile_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("import bifront\n")
    said = refused(bifront("profile", "empty.py", folder=tmp_path))
    assert "ran no graph" in said
    assert "there is no script" in refused(bifront("profile", "other.py", folder=tmp_path))
    said = refused(bifront("profile", "empty.py", "--flame", "f.png", folder=tmp_path))
    assert "end the name in .svg" in said
