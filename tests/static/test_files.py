"""Checkpoints and event files, and what scripts use beside the graph."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bifront.static as tf
from bifront.frontends.static.summary import wire


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    step = tf.Variable(7, trainable=False, name="step")
    saver = tf.train.Saver()
    later = tf.Variable(0.0, name="later")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(v.assign([3.0, 4.0]))
        path = saver.save(session, str(tmp_path / "model"), global_step=step)
        assert path == str(tmp_path / "model-7")
    with tf.Session() as session:
        saver.restore(session, tf.train.latest_checkpoint(str(tmp_path)))
        assert session.run(v).tolist() == [3.0, 4.0]
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(later)
    assert tf.train.list_variables(path) == [("step", []), ("v", [2])]


def test_checkpoints_are_kept_and_deleted(tmp_path: Path) -> None:
    v = tf.Variable(1.0)
    saver = tf.train.Saver([v], max_to_keep=2)
    with tf.Session() as session:
        session.run(v.initializer)
        for step in range(4):
            saver.save(session, str(tmp_path / "m"), global_step=step)
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert state.model_checkpoint_path == str(tmp_path / "m-3")
    assert state.all_model_checkpoint_paths == [str(tmp_path / f"m-{i}") for i in (2, 3)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint", "m-2.npz", "m-3.npz"]


def test_variables_under_other_names(tmp_path: Path) -> None:
    v, w = tf.Variable(1.0, name="v"), tf.Variable(2.0, name="w")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver({"x": v}).save(session, str(tmp_path / "m"))
        tf.train.Saver({"x": w}).restore(session, path)
        assert session.run(w) == 1.0
        with pytest.raises(tf.errors.NotFoundError, match=r"Key v not found in checkpoint"):
            tf.train.Saver([v]).restore(session, path)
        with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files"):
            tf.train.Saver([v]).restore(session, str(tmp_path / "nothing"))
    assert tf.train.latest_checkpoint(str(tmp_path / "nowhere")) is None


def test_a_damaged_checkpoint_is_an_error_that_loses_nothing(tmp_path: Path) -> None:
    v = tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(v.initializer)
        path = saver.save(session, str(tmp_path / "m"))
        Path(path + ".npz").write_bytes(b"not an archive")
        with pytest.raises(tf.errors.NotFoundError, match="is not a checkpoint"):
            saver.restore(session, path)
        assert session.run(v) == 1.0


def test_event_files_are_records_with_checksums(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [None])
    tf.summary.scalar("loss", tf.reduce_sum(x))
    tf.summary.histogram("values", x)
    tf.summary.image("picture", tf.reshape(x, [1, 2, 2, 1]))
    writer = tf.summary.FileWriter(str(tmp_path / "logs"), tf.get_default_graph())
    with tf.Session() as session:
        merged = session.run(tf.summary.merge_all(), {x: [1.0, 2.0, 3.0, 4.0]})
    writer.add_summary(merged, 5)
    writer.close()
    (file,) = (tmp_path / "logs").iterdir()
    records = list(read(file.read_bytes()))
    assert len(records) == 2
    assert b"brain.Event:2" in records[0]
    for text in (b"loss", b"values", b"picture/image/0", b"\x89PNG", struct.pack("<f", 10.0)):
        assert text in records[1]


def read(data: bytes):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body = data[12 : 12 + length]
        assert data[: 16 + length] == wire.record(body)
        yield body
        data = data[16 + length :]


def test_the_checksum_is_castagnoli_s() -> None:
    assert wire.crc32c(b"123456789") == 0xE3069283  # RFC 3720
    assert wire.crc32c(bytes(32)) == 0x8A9136AA


def test_flags_and_app(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import bifront.static as tf\n"
        "flags = tf.app.flags\n"
        "flags.DEFINE_integer('steps', 3, 'how many')\n"
        "flags.DEFINE_boolean('loud', True, 'whether')\n"
        "flags.DEFINE_float('rate', 0.5, '100 %')\n"
        "flags.DEFINE_string('name', None, 'who')\n"
        "FLAGS = flags.FLAGS\n"
        "def main(argv):\n"
        "    print(FLAGS.steps, FLAGS.loud, FLAGS.rate, FLAGS.name, argv[1:])\n"
        "    FLAGS.steps = 9\n"
        "    print(FLAGS.steps)\n"
        "    return 4\n"
        "if __name__ == '__main__':\n"
        "    tf.app.run()\n"
    )
    line = [sys.executable, str(script), "--steps=5", "--noloud", "--name", "me", "rest"]
    done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "5 False 0.5 me ['rest']\n9\n", done.stderr
    assert done.returncode == 4


def test_files_and_folders(tmp_path: Path) -> None:
    folder = str(tmp_path / "a" / "b")
    tf.gfile.MakeDirs(folder)
    with tf.gfile.GFile(folder + "/f.txt", "w") as file:
        file.write("text")
    assert tf.gfile.ListDirectory(folder) == ["f.txt"]
    assert tf.gfile.Exists(folder + "/f.txt")
    tf.gfile.DeleteRecursively(str(tmp_path / "a"))
    assert not tf.gfile.Exists(folder)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.GFile(folder + "/f.txt").read()


def test_options_are_accepted() -> None:
    config = tf.ConfigProto(allow_soft_placement=True, gpu_options=tf.GPUOptions(allow_growth=True))
    config.gpu_options.per_process_gpu_memory_fraction = 0.5
    with tf.device("/gpu:0"), tf.Session(config=config) as session:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        value = session.run(tf.constant(1), options=options, run_metadata=tf.RunMetadata())
    assert value == np.int32(1)


def test_second_imports_of_scripts() -> None:
    code = (
        "import bifront.static as tf\n"
        "from bifront.static.contrib import rnn, layers\n"
        "from bifront.static.python.framework import ops\n"
        "import bifront.static.compat.v1 as v1\n"
        "assert rnn.BasicLSTMCell is tf.nn.rnn_cell.BasicLSTMCell\n"
        "assert ops.reset_default_graph is tf.reset_default_graph\n"
        "assert v1 is tf and tf.compat.v1 is tf\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
