"""The loaders that TensorFlow Serving uses give the same numbers and the same refusals.

The server itself loads a version as `serve.c` does, through the session of TensorFlow 1:
it checks neither shapes nor values, so what is refused here is refused by the graph.
"""

import numpy as np
import pytest
import tensorflow as tf
from c_program import asked

from zoo.export import check, warmup

NAMES = ("vae", "wgan_gp", "labelled")
INVALID_ARGUMENT = 3


@pytest.mark.parametrize("name", NAMES)
def test_the_c_program_prints_the_numbers_of_python(program, root, served, name):
    folder = root / name / "1"
    requests = [
        (signature, check.inputs(sides["inputs"], range(3), seed=5))
        for signature, sides in served[name].signatures.items()
    ]
    for (signature, inputs), found in zip(requests, asked(program, folder, requests), strict=True):
        expected = check.as_dict(served[name], signature, served[name](signature, **inputs))
        assert set(found) == set(expected), (signature, found)
        for key, value in expected.items():
            assert check.distance(found[key], value) <= 1e-5, (signature, key)


@pytest.mark.parametrize("name", NAMES)
def test_the_session_of_tensorflow_1_gives_the_same(root, served, name):
    folder, requests = str(root / name / "1"), warmup.read(root / name / "1")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], folder)
        found = []
        for signature, inputs in requests:
            sides = loaded.signature_def[signature]
            assert sides.method_name == "tensorflow/serving/predict"
            fed = {sides.inputs[key].name: value for key, value in inputs.items()}
            fetched = {key: info.name for key, info in sides.outputs.items()}
            found.append((signature, inputs, session.run(fetched, fed)))
    for signature, inputs, outputs in found:
        expected = check.as_dict(served[name], signature, served[name](signature, **inputs))
        assert all(check.distance(outputs[key], value) <= 1e-5 for key, value in expected.items())


def wrong_requests():
    """Model, signature, inputs that the graph must refuse, and what it must name."""
    image, z = np.full((2, 8, 8, 1), 0.5, np.float32), np.zeros((2, 3), np.float32)
    seed, nan = np.array([1, 2]), np.full((2, 3), np.nan, np.float32)
    many = np.arange(1025)
    yield "vae", "decode", {"z": z[:, :2]}, "decode_z"
    yield "vae", "decode", {"z": z[0]}, "decode_z"
    yield "vae", "decode", {"z": z[:0]}, "`z` must hold from 1 to 1024 rows."
    yield "vae", "decode", {"z": nan}, "`z` must be from"
    yield "vae", "decode", {"z": z + np.float32(1e30)}, "`z` must be from"
    yield "vae", "decode", {"z": z.astype(np.int32)}, "Expects arg[0] to be float"
    yield "vae", "encode", {"image": image[..., 0]}, "encode_image"
    yield "vae", "encode", {"image": 255 * image}, "`image` must be from 0 to 1."
    yield "vae", "sample", {"seed": many}, "`seed` must hold from 1 to 1024 rows."
    yield "vae", "sample", {"seed": seed[0]}, "sample_seed"
    yield "vae", "score", {"image": image, "seed": seed[:1]}, "as many rows as `image`."
    for count in (0, -1, 1025, 10**6, 2**31 - 1):
        inputs = {"count": np.int32(count), "seed": np.int64(1)}
        yield "vae", "sample_n", inputs, "`count` must be from 1 to 1024."
    lines = {"image1": np.repeat(image, 16, 0), "image2": np.repeat(image, 16, 0)}
    yield "vae", "interpolate", {**lines, "steps": np.int32(64)}, "rows of `image1` must be at"
    for label in (-2, 3, 2**31 - 1):
        inputs = {"seed": seed, "label": np.full(2, label, np.int32)}
        yield "labelled", "sample", inputs, "`label` must be from -1 to 2."


@pytest.mark.parametrize("name", ["vae", "labelled"])
def test_the_graph_refuses_what_a_client_gets_wrong_and_goes_on(program, root, name):
    wrong = [row[1:] for row in wrong_requests() if row[0] == name]
    good = warmup.read(root / name / "1")[0]
    requests = [each for signature, inputs, _ in wrong for each in ((signature, inputs), good)]
    found = asked(program, root / name / "1", requests)
    for (signature, inputs, words), answer in zip(wrong, found[::2], strict=True):
        assert isinstance(answer, tuple), (signature, inputs, "is answered")
        code, said = answer
        assert code == INVALID_ARGUMENT and words in said, (signature, words, said)
    assert all(isinstance(answer, dict) for answer in found[1::2])
