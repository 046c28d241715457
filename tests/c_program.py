"""The C program `export/serve.c`: what it is asked, and what it prints."""

import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.saved_model import loader_impl

SOURCE = pathlib.Path(__file__).parent / "export" / "serve.c"


def build(folder):
    """serve.c, built against the installed TensorFlow."""
    if not shutil.which("gcc"):
        pytest.skip("the C program is built with gcc")
    built = folder / "serve"
    around = pathlib.Path(tf.sysconfig.get_lib())
    libraries = ["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"]
    where = [f"-I{around / 'include'}", f"-L{around}", f"-Wl,-rpath,{around}"]
    strict = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *strict, SOURCE, "-o", built, *where, *libraries], check=True)
    return built


def asked(program, folder, requests):
    """What the program answers to (signature, name -> array) each: name -> array, or an error."""
    graph = loader_impl.parse_saved_model(str(folder)).meta_graphs[0]
    lines, outputs = [], []
    for name, inputs in requests:
        signature = graph.signature_def[name]
        words = [len(inputs)]
        for key, value in inputs.items():
            dtype = tf.dtypes.as_dtype(value.dtype).as_datatype_enum
            words += [*place(signature.inputs[key]), dtype, value.ndim, *value.shape]
            words += [repr(entry) for entry in value.ravel().tolist()]
        outputs.append(list(signature.outputs))
        words += [len(signature.outputs)]
        words += [word for key in signature.outputs for word in place(signature.outputs[key])]
        lines.append(" ".join(map(str, words)))
    done = subprocess.run(
        [program, folder], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return list(answers(iter(done.stdout.splitlines()), outputs))


def place(info):
    """Operation and number of a tensor."""
    return info.name.rsplit(":", 1)


def answers(lines, outputs):
    """Each answer of the program: name -> array, or (code, words)."""
    for names in outputs:
        kind, *words = next(lines).split(" ", 2)
        yield {n: array(next(lines)) for n in names} if kind == "ok" else (int(words[0]), words[1])


def array(line):
    """The array that the program printed."""
    dtype, rank, *words = line.split()
    shape, values = [int(word) for word in words[: int(rank)]], words[int(rank) :]
    if tf.dtypes.as_dtype(int(dtype)) == tf.string:
        return np.array([bytes.fromhex(word) for word in values], object).reshape(shape)
    return np.array(values, np.float32).reshape(shape)
