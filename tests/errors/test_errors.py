"""Mistakes that everybody makes: the first line is the answer, then the user's own lines and nothing of the house.

In each script ``# FAULT`` marks the line that is wrong, which must be the last of the traceback, and ``# MADE`` the
lines where values involved were made, which the message must name.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bifront import ShapeError
from bifront.compiler.errors import Place
from bifront.compiler.location import Location

from .case import Case, missing
from .dynamic import DYNAMIC
from .layers import LAYERS

CASES = [
    Case(
        "matmul_static",
        "static",
        """
a = tf.placeholder(tf.float32, [2, 3], name="a")  # MADE
b = tf.placeholder(tf.float32, [4, 5], name="b")  # MADE
c = tf.matmul(a, b)  # FAULT
session = tf.Session()
session.run(c, {a: np.zeros((2, 3)), b: np.zeros((4, 5))})
""",
        ("matmul", "f32[2, 3]", "f32[4, 5]", "3 and 4"),
        ("ValueError",),
    ),
    Case(
        "matmul_imperative",
        "imperative",
        """
def product(x, y):
    return x @ y  # FAULT

a = torch.ones(2, 3)  # MADE
b = torch.ones(4, 5)  # MADE
c = product(a, b)
""",
        ("matmul", "f32[2, 3]", "f32[4, 5]", "3 and 4"),
        ("RuntimeError",),
    ),
    Case(
        "broadcast_static",
        "static",
        """
a = tf.placeholder(tf.float32, [2, 3], name="a")  # MADE
b = tf.constant(np.ones(4, np.float32))  # MADE
c = a + b  # FAULT
""",
        ("add", "[2, 3]", "[4]", "3 against 4"),
        ("ValueError",),
    ),
    Case(
        "broadcast_imperative",
        "imperative",
        """
a = torch.ones(2, 3)  # MADE
b = torch.ones(4)  # MADE
c = a + b  # FAULT
""",
        ("add", "[2, 3]", "[4]", "3 against 4"),
        ("RuntimeError",),
    ),
    Case(
        "layer_imperative",
        "imperative",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)  # MADE

    def forward(self, x):
        return self.layer(x)  # FAULT

x = torch.ones(2, 5)  # MADE
y = Net()(x)
""",
        ("mat1 and mat2 shapes cannot be multiplied", "2x5", "3x4"),
        ("RuntimeError",),
        ("inside Linear(in_features=3, out_features=4",),
    ),
    Case(
        "dtype_static",
        "static",
        """
a = tf.placeholder(tf.float32, [2], name="a")  # MADE
b = tf.placeholder(tf.int32, [2], name="b")  # MADE
c = a + b  # FAULT
""",
        ("'a:0'", "float32", "'b:0'", "int32"),
        ("TypeError",),
        ("To mend it", "tf.cast"),
    ),
    Case(
        "dtype_imperative",
        "imperative",
        """
a = torch.ones(2, 3)  # MADE
b = torch.ones(3, 2, dtype=torch.float64)  # MADE
c = a @ b  # FAULT
""",
        ("dtype", "f32[2, 3]", "f64[3, 2]"),
        ("RuntimeError",),
        ("To mend it", "cast"),
    ),
    Case(
        "feed_missing",
        "static",
        """
x = tf.placeholder(tf.float32, [None, 3], name="x")  # MADE
h = tf.nn.relu(x)  # MADE
doubled = h * 2.0  # MADE
y = tf.reduce_sum(doubled, name="total")  # MADE
with tf.Session() as session:
    session.run(y)  # FAULT
""",
        ("must feed a value for placeholder 'x:0'", "float32", "(?, 3)"),
        ("ValueError", "InvalidArgumentError"),
        ("run here", "fetched 'total'", "needs 'mul'", "needs 'Relu'", "placeholder 'x'"),
    ),
    Case(
        "feed_shape",
        "static",
        """
x = tf.placeholder(tf.float32, [None, 3], name="x")  # MADE
y = tf.reduce_sum(x)
with tf.Session() as session:
    session.run(y, {x: np.zeros((2, 4), np.float32)})  # FAULT
""",
        ("(2, 4)", "'x:0'", "(?, 3)"),
        ("ValueError",),
    ),
    Case(
        "feed_dtype",
        "static",
        """
x = tf.placeholder(tf.int32, [None], name="x")  # MADE
y = tf.reduce_sum(x)
with tf.Session() as session:
    session.run(y, {x: np.array([1.5, 2.5])})  # FAULT
""",
        ("array([1.5, 2.5])", "'x:0'", "int32"),
        ("TypeError",),
        ("astype(np.int32)",),
    ),
    Case(
        "feed_words",
        "static",
        """
x = tf.placeholder(tf.float32, [None], name="x")  # MADE
y = tf.reduce_sum(x)
with tf.Session() as session:
    session.run(y, {x: np.array(["a", "b"])})  # FAULT
""",
        ("'x:0'", "float32", "does not hold numbers"),
        ("ValueError",),
    ),
    Case(
        "fetch_foreign",
        "static",
        """
with tf.Graph().as_default():
    y = tf.constant(1.0, name="mine")  # MADE
with tf.Session() as session:
    session.run(y)  # FAULT
""",
        ("'mine:0'", "not an element of this graph", "another graph"),
        ("ValueError",),
    ),
    Case(
        "uninitialized",
        "static",
        """
w = tf.Variable(tf.zeros([3]), name="weights")  # MADE
y = tf.reduce_sum(w)
with tf.Session() as session:
    session.run(y)  # FAULT
""",
        ("uninitialized value weights",),
        ("FailedPreconditionError",),
        ("tf.global_variables_initializer()",),
    ),
    Case(
        "variable_clash",
        "static",
        """
w = tf.get_variable("w", [3])  # MADE
v = tf.get_variable("w", [3])  # FAULT
""",
        ("Variable w already exists",),
        ("ValueError",),
        ("tf.AUTO_REUSE",),
    ),
    Case(
        "variable_other_shape",
        "static",
        """
w = tf.get_variable("w", [3])  # MADE
with tf.variable_scope(tf.get_variable_scope(), reuse=True):
    v = tf.get_variable("w", [4])  # FAULT
""",
        ("variable w", "(4,)", "(3,)"),
        ("ValueError",),
    ),
    Case(
        "no_path_static",
        "static",
        """
w = tf.Variable(1.0, name="w")  # MADE
x = tf.placeholder(tf.float32, [], name="x")  # MADE
loss = tf.square(x)  # MADE
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)  # FAULT
""",
        ("No gradients provided for any variable", "'w:0'", "Square:0"),
        ("ValueError",),
    ),
    Case(
        "no_path_imperative",
        "imperative",
        """
x = torch.ones(3)
loss = (x * 2).sum()
loss.backward()  # FAULT
""",
        ("does not require grad",),
        ("RuntimeError",),
        ("the value is f32[]", "requires_grad=True"),
    ),
    Case(
        "no_path_to_input",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
z = torch.ones(3, requires_grad=True)  # MADE
loss = (x * 2).sum()
torch.autograd.grad(loss, z)  # FAULT
""",
        ("not have been used in the graph",),
        ("RuntimeError",),
        ("input 0 is f32[3]", "allow_unused=True"),
    ),
    Case(
        "backward_of_many",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
y = x * 2  # MADE
y.backward()  # FAULT
""",
        ("only for scalar outputs",),
        ("RuntimeError",),
        ("f32[3]", ".sum()"),
    ),
    Case(
        "backward_twice",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
loss = (x * x).sum()  # MADE
loss.backward()  # MADE
loss.backward()  # FAULT
""",
        ("backward through the graph a second time",),
        ("RuntimeError",),
        ("the first backward was here", "retain_graph=True"),
        located=False,
    ),
    Case(
        "damage",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
y = x.exp()  # MADE
z = (y * y).sum()
y.add_(1.0)  # MADE
z.backward()  # FAULT
""",
        ("modified by an inplace operation", "add_", "f32[3]"),
        ("RuntimeError",),
        ("add_ overwrote it here", "made here", "clone()"),
        located=False,
    ),
    Case(
        "damage_by_index",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
y = x.exp()  # MADE
z = (y * y).sum()
y[0] = 5.0  # MADE
z.backward()  # FAULT
""",
        ("modified by an inplace operation", "f32[3]"),
        ("RuntimeError",),
        located=False,
    ),
    Case(
        "write_into_leaf",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)  # MADE
x.add_(1.0)  # FAULT
""",
        ("leaf Variable that requires grad", "add_"),
        ("RuntimeError",),
        ("torch.no_grad()",),
    ),
    Case(
        "write_into_leaf_by_index",
        "imperative",
        """
x = torch.ones(3, requires_grad=True)
x[0] = 2.0  # FAULT
""",
        ("leaf", "requires grad"),
        ("RuntimeError",),
    ),
    Case(
        "index_static",
        "static",
        """
x = tf.placeholder(tf.float32, [3, 4], name="x")  # MADE
y = x[3]  # FAULT
""",
        ("index 3", "dimension 0", "extent is 3"),
        ("ValueError", "IndexError"),
        ("-3 to 2",),
    ),
    Case(
        "index_imperative",
        "imperative",
        """
x = torch.ones(3, 4)  # MADE
y = x[3]  # FAULT
""",
        ("index 3", "dimension 0", "size 3"),
        ("IndexError",),
    ),
    Case(
        "too_many_indices",
        "imperative",
        """
x = torch.ones(3, 4)  # MADE
y = x[0, 0, 0]  # FAULT
""",
        ("too many indices", "dimension 2"),
        ("IndexError",),
    ),
    Case(
        "gather_static",
        "static",
        """
x = tf.constant(np.ones((3, 4), np.float32))  # MADE
i = tf.placeholder(tf.int32, [None])  # MADE
y = tf.gather(x, i)  # MADE
with tf.Session() as session:
    session.run(y, {i: [0, 5]})  # FAULT
""",
        ("index 5", "axis 0", "extent 3"),
        ("InvalidArgumentError",),
        ("indices run from 0 to 2",),
    ),
    Case(
        "gather_imperative",
        "imperative",
        """
x = torch.ones(3, 4)  # MADE
i = torch.tensor([0, 5])  # MADE
y = x[i]  # FAULT
""",
        ("index 5", "axis 0", "extent 3"),
        ("IndexError",),
    ),
    Case(
        "dimension",
        "imperative",
        """
x = torch.ones(3, 4)  # MADE
y = x.sum(dim=2)  # FAULT
""",
        ("Dimension out of range", "[-2, 1]", "2"),
        ("IndexError",),
    ),
    Case(
        "label_static",
        "static",
        """
logits = tf.placeholder(tf.float32, [None, 3], name="logits")
labels = tf.placeholder(tf.int64, [None], name="labels")
loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)  # MADE
with tf.Session() as session:
    session.run(loss, {logits: np.zeros((2, 3)), labels: [0, 3]})  # FAULT
""",
        ("3 is out of range", "extent 3"),
        ("InvalidArgumentError",),
        ("from 0 to 2",),
    ),
    Case(
        "label_imperative",
        "imperative",
        """
logits = torch.zeros(2, 3)
labels = torch.tensor([0, 3])  # MADE
loss = F.cross_entropy(logits, labels)  # FAULT
""",
        ("Target 3 is out of bounds",),
        ("IndexError",),
        ("labels of 3 classes run from 0 to 2",),
    ),
    Case(
        "text",
        "ir",
        '''
text = """graph @f(
  %x: f32[2],
) {
  %0: f32[2] = exp(%y)
  return %0
}
"""
bf.parse(text)  # FAULT
''',
        ("line 4, column 20", "%y"),
        ("ValueError",),
        ("%0: f32[2] = exp(%y)\n", "^"),
        located=False,
    ),
    Case(
        "text_grammar",
        "ir",
        '''
text = """graph @f(
  %x f32[2],
) {
  return %x
}
"""
bf.parse(text)  # FAULT
''',
        ("line 2, column 6", 'expected ":"', '"f32"'),
        ("ValueError",),
        ("%x f32[2],\n", "^"),
        located=False,
    ),
    missing("tf", "static", "tf.plceholder", "tf.placeholder", "tf.plceholder"),
    missing("tf_nn", "static", "tf.nn.sofmax", "tf.nn.softmax", "tf.nn.sofmax"),
    missing("tf_layers", "static", "tf.layers.densee", "tf.layers.dense", "tf.layers.densee"),
    missing(
        "tf_train",
        "static",
        "tf.train.AdmOptimizer",
        "tf.train.AdamOptimizer",
        "tf.train.AdmOptimizer",
    ),
    missing("torch", "imperative", "torch.zeroes", "torch.zeros", "torch.zeroes"),
    missing("nn", "imperative", "nn.Linearr", "torch.nn.Linear", "torch.nn.Linearr"),
    missing(
        "functional",
        "imperative",
        "F.cross_entrpy",
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.cross_entrpy",
    ),
    missing("optim", "imperative", "optim.SDG", "torch.optim.SGD", "torch.optim.SDG"),
    # Python itself finds the nearest attribute of an object.
    Case(
        "name_tensor_imperative",
        "imperative",
        "f = torch.ones(2).reshap  # FAULT\n",
        ("'Tensor' object has no attribute 'reshap'", "Did you mean: 'reshape'?"),
        ("AttributeError",),
        located=False,
    ),
    Case(
        "name_tensor_static",
        "static",
        "f = tf.constant(1.0).get_shap  # FAULT\n",
        ("'Tensor' object has no attribute 'get_shap'", "Did you mean: 'get_shape'?"),
        ("AttributeError",),
        located=False,
    ),
    *DYNAMIC,
    *LAYERS,
]
IDS = [case.name for case in CASES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every script, and how all of them ended in one process."""
    made = tmp_path_factory.mktemp("scripts")
    for case in CASES:
        (made / f"{case.name}.py").write_text(case.text)
    runner = Path(__file__).with_name("runner.py")
    done = subprocess.run([sys.executable, runner, made], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return made


def ended(case: Case, folder: Path) -> tuple[str, list[str]]:
    end = json.loads((folder / "ends.json").read_text())[case.name]
    assert end is not None, "the script ended without an error"
    return end["stderr"], end["kinds"]


def answer_of(stderr: str) -> str:
    """The first line of the message: the first one that is not indented, below the traceback."""
    head, *lines = stderr.splitlines()
    assert head == "Traceback (most recent call last):"
    return next(line for line in lines if not line.startswith(" ")).partition(": ")[2]


def frames_of(stderr: str) -> list[tuple[str, int]]:
    found = re.findall(r'^  File "(.*)", line (\d+), in ', stderr, re.MULTILINE)
    return [(file, int(line)) for file, line in found]


def places_of(stderr: str, script: Path) -> set[int]:
    """The lines of the script that the message names."""
    named = re.findall(rf"^  {re.escape(str(script))}:(\d+):\d+", stderr, re.MULTILINE)
    return {int(line) for line in named}


def check(case: Case, stderr: str, script: Path) -> None:
    answer = answer_of(stderr)
    for word in case.answer:
        assert word in answer
    (fault,) = case.marked("FAULT")
    frames = frames_of(stderr)
    assert {file for file, _ in frames} == {str(script)}
    assert frames[-1][1] == fault
    wanted = {*case.marked("MADE"), *([fault] if case.located else [])}
    assert wanted <= places_of(stderr, script)
    rest = stderr
    for piece in case.also:
        assert piece in rest
        rest = rest.partition(piece)[2]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_answer_and_lines(case: Case, folder: Path) -> None:
    stderr, _ = ended(case, folder)
    check(case, stderr, folder / f"{case.name}.py")


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_family(case: Case, folder: Path) -> None:
    """Programs written for TensorFlow 1 and PyTorch catch what they always caught."""
    _, kinds = ended(case, folder)
    assert set(case.kinds) <= set(kinds)


@pytest.mark.parametrize("name", ["feed_missing", "damage", "text_grammar"])
def test_script_from_start_to_end(name: str, folder: Path) -> None:
    case = next(c for c in CASES if c.name == name)
    script = folder / f"{name}.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    check(case, done.stderr, script)


def test_every_frame_on_demand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIFRONT_FULL_TRACEBACK", "1")
    script = folder / "feed_missing.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    files = {Path(file).name for file, _ in frames_of(done.stderr)}
    assert {"feed_missing.py", "session.py"} <= files


def test_errors_of_others_keep_their_frames(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import bifront\nimport json\n\njson.loads('{')\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    files = [Path(file).name for file, _ in frames_of(done.stderr)]
    assert files[0] == "script.py"
    assert "decoder.py" in files


def test_a_line_is_shown_once() -> None:
    first, same, other = (Location.at(__file__, n, 1, 4) for n in (1, 1, 8))
    error = ShapeError("no", places=(Place("a", first), Place("b", same), Place("c", other)))
    _, a, source, carets, b, c, *_ = str(error).splitlines()
    assert [line.rpartition(": ")[2] for line in (a, b, c)] == ["a", "b", "c"]
    assert source.strip() == Path(__file__).read_text().splitlines()[0]
    assert carets.strip() == "^^^"
