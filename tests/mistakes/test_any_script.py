"""The figures of a script: stage, distance, frames, words; and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bifront import BifrontError
from bifront.mistakes import Examined, examine, examine_all, examining, find_fault

IMPERATIVE = "import bifront.imperative as torch\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "work.py"


def ended(script: Path, body: str, head: str = IMPERATIVE) -> Examined:
    script.write_text(head + body)
    return examine(script)


def test_an_error_at_the_faulty_line(script: Path) -> None:
    found = ended(script, "x = torch.ones(2, 3) @ torch.ones(2, 3)  # FAULT\n")
    assert (found.mistake, found.style, found.line) == ("work", "imperative", 2)
    assert (found.stage, found.detected, found.said.by) == ("first run", True, "error")
    assert found.said.names_faulty_line
    assert (found.said.line_distance, found.said.frames) == (0, 0)
    # Traceback (most recent call last): | File
    assert found.said.words == 5 + 1
    assert found.said.message is not None
    assert found.said.message.startswith("matmul: cannot multiply f32[2, 3] by f32[2, 3]")


def test_an_error_far_from_the_faulty_line(script: Path) -> None:
    found = ended(
        script,
        """
def product(a, b):

    return a @ b

w = 7.0
w = torch.ones(2)  # FAULT
def outer():
    return product(torch.ones(4, 3), torch.ones(int(w.sum()), 2))
outer()
""",
    )
    assert not found.said.names_faulty_line
    assert (found.said.line_distance, found.said.frames) == (3, 2)
    assert found.said.words is not None
    assert found.said.words > 40


def test_an_error_in_another_file(script: Path) -> None:
    (script.parent / "helper.py").write_text("def fail():\n    raise SystemError('no')\n")
    found = ended(script, "import helper\nhelper.fail()  # FAULT\n")
    assert (found.said.line_distance, found.said.frames) == (None, 1)
    assert found.said.names_faulty_line
    assert found.said.message == "no"


def test_a_statement_of_several_lines_is_one_fault(script: Path) -> None:
    found = ended(
        script,
        """
for n in (
    1,
):
    y = torch.add(
        torch.ones(2),
        torch.ones(3),  # FAULT
    )
""",
    )
    assert found.line == 6
    assert found.stage == "first run"
    assert (found.said.line_distance, found.said.frames) == (0, 0)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_later_run(script: Path, wrapped: bool) -> None:
    head = "def train():\n" if wrapped else "if True:\n"
    body = "    for n in (2, 2, 3):\n        y = torch.ones(n) + torch.ones(2)  # FAULT\n"
    found = ended(script, head + body + ("train()\n" if wrapped else ""))
    assert found.stage == "later run"


def test_a_helper_that_is_called_twice_is_no_loop(script: Path) -> None:
    found = ended(
        script,
        "def add(a, b):\n    return a + b  # FAULT\nadd(torch.ones(2), 1)\nadd(torch.ones(2), torch.ones(3))\n",
    )
    assert found.stage == "first run"


def test_the_making_of_a_module_is_no_run(script: Path) -> None:
    found = ended(
        script,
        """
from bifront.imperative import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, "three")  # FAULT
Net()
""",
    )
    assert found.stage == "build"


def test_describing_is_no_run_even_beside_a_session(script: Path) -> None:
    found = ended(
        script,
        """
with tf.Session() as session:
    session.run(tf.constant(1.0))
    tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])  # FAULT
""",
        "import bifront.static as tf\n",
    )
    assert (found.style, found.stage) == ("static", "build")


def test_an_eager_script_of_tensorflow_2_runs(script: Path) -> None:
    body = "tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])  # FAULT\n"
    found = ended(script, body, "import bifront.tf2 as tf\n")
    assert (found.style, found.stage) == ("tf2", "first run")


def test_what_is_traced_is_described(script: Path) -> None:
    found = ended(script, "torch.trace(lambda x: x + torch.ones(3))(torch.ones(2))  # FAULT\n")
    assert found.stage == "build"


@pytest.mark.parametrize(("code", "stage"), [("3", "first run"), ("0", "never"), ("", "never")])
def test_a_script_that_exits(script: Path, code: str, stage: str) -> None:
    found = ended(script, f"import sys\nsys.exit({code})  # FAULT\n")
    assert found.stage == stage
    assert found.said.by == (None if stage == "never" else "error")


def test_a_silent_script_without_a_finding(script: Path) -> None:
    found = ended(script, "x = torch.ones(2) + 1  # FAULT\nprint('# FAULT', x)\n")
    assert (found.stage, found.detected, found.said.by) == ("never", False, None)
    assert found.to_json()["message"] is None


def test_of_several_findings_the_one_with_the_faulty_line_counts(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(mode: str, at: Path) -> tuple[object, str]:
        if mode == "plain":
            return {"stage": "never", "message": "", "frames": []}, ""
        findings = [
            {
                "check": "first",
                "message": "a",
                "file": str(at),
                "line": 9,
                "text": f"a\n  {at}:9:1",
            },
            {
                "check": "second",
                "message": "b\nand more",
                "file": str(at),
                "line": 4,
                "text": f"b b b\n  {at}:4:1: there\n  {at}:2:1: here",
            },
        ]
        return findings, ""

    monkeypatch.setattr(examining, "_in_a_process", found)
    one = ended(script, "x = 1  # FAULT\n")
    assert (one.stage, one.detected, one.said.by, one.said.message) == (
        "never", True, "second", "b",
    )  # fmt: skip
    assert (one.said.names_faulty_line, one.said.line_distance, one.said.frames) == (True, 2, None)
    assert one.said.words == 5


def test_scripts_keep_their_order(tmp_path: Path) -> None:
    scripts = []
    for number, pause in enumerate((0.3, 0.0, 0.1)):
        scripts.append(tmp_path / f"s{number}.py")
        scripts[-1].write_text(f"import time\ntime.sleep({pause})\n1 / 0  # FAULT\n")
    told: list[Path] = []
    found = examine_all(scripts, 3, told.append)
    assert [one.mistake for one in found] == ["s0", "s1", "s2"]
    assert sorted(told) == scripts


def test_a_script_sees_itself_as_a_user_runs_it(script: Path) -> None:
    found = ended(
        script,
        """
import sys
assert __name__ == "__main__" and __file__ == sys.argv[0] and sys.argv[1:] == []
import pickle
class Kept: ...
pickle.loads(pickle.dumps(Kept()))
raise KeyError("reached")  # FAULT
""",
    )
    assert found.said.message == "'reached'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "no line of"),
        ("x = '# FAULT'\n", "no line of"),
        ("x = 1  # FAULT\ny = 2  # FAULT\n", "2 lines of"),
        ("x = 1\n# FAULT\n", "stands at no statement in line 2"),
        ("x = (  # FAULT\n", "is not Python: '(' was never closed, line 1"),
        ("\0", "is not Python"),
        (b"\xff\xfe", "is not text"),
    ],
)
def test_what_has_no_faulty_line_is_refused(script: Path, text: str | bytes, said: str) -> None:
    script.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BifrontError, match=r"work\.py") as refused:
        find_fault(script)
    assert said in str(refused.value)


def test_a_script_that_does_not_end_is_refused(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "SECONDS", 0.5)
    with pytest.raises(BifrontError, match=r"did not end within 0\.5 seconds"):
        ended(script, "import time\ntime.sleep(60)  # FAULT\n")


def test_a_script_that_ends_its_process_is_refused(script: Path) -> None:
    with pytest.raises(BifrontError, match="ended its process"):
        ended(script, "import os\nos._exit(3)  # FAULT\n")
