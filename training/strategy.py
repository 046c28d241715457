"""Where a model trains: one device, the devices of one machine, several machines, a TPU.

    with zoo.training.strategy.create("mirrored").scope():
        model = zoo.create("vae", data_shape=(28, 28, 1), latent_dim=16)
        model.compile()
    model.fit(images, batch_size=256)  # of all replicas together

Batches, noise and results are those of one process, whatever the strategy. Imports no
TensorFlow before `create`.
"""

import json
import os
from typing import Any

from zoo.training.checks import require_count

KINDS = ("one", "mirrored", "workers", "tpu")
UNSTEPPED = "its workers are not in step, so no two runs agree, and Keras's `fit` cannot feed it"
USUAL = """{"cluster": {"worker": ["host1:2222", "host2:2222"]},
"task": {"type": "worker", "index": 0}}"""


def create(kind: str = "one", replicas: int | None = None, tpu: str = "") -> Any:
    """A `tf.distribute.Strategy`; models are made in its `scope()`.

    Args:
        kind: "one" (the default device); "mirrored" (every GPU of this machine, or its CPU);
            "workers" (one process a worker, each told by TF_CONFIG who it is); "tpu".
        replicas: for "mirrored", how many of the GPUs; without GPUs, into how many logical
            devices the CPU is split, which must be asked for before TensorFlow starts.
        tpu: for "tpu", its name or address; "" is the one of this machine.

    Raises:
        ValueError: for a kind that is unknown or refused, or that this machine has not.

    >>> with create("one").scope():
    ...     pass
    """
    check(kind, replicas)
    return {"one": _one, "mirrored": _mirrored, "workers": _workers, "tpu": _tpu}[kind](
        replicas=replicas, tpu=tpu
    )


def check(kind: str, replicas: int | None = None) -> None:
    """Refuses what `create` would refuse, as far as can be told without TensorFlow."""
    if kind not in KINDS:
        server = "parameter" in str(kind).lower()
        raise ValueError(
            f"`strategy` must be one of {', '.join(KINDS)}. Received: {kind!r}"
            + (f", which is refused: {UNSTEPPED}." if server else ".")
        )
    if replicas is not None and kind != "mirrored":
        raise ValueError(f"`replicas` goes with 'mirrored'. Received: {replicas} with {kind!r}.")
    if replicas is not None:
        require_count("replicas", replicas)


def cluster() -> tuple[list[str], int]:
    """What TF_CONFIG says: the addresses of all workers, and which one this process is."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        found = json.loads(text)
        workers, task = found["cluster"]["worker"], found["task"]
        right = set(found["cluster"]) == {"worker"} and task["type"] == "worker"
        right = right and 0 <= int(task["index"]) < len(workers)
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise ValueError(
            f"TF_CONFIG must name the workers and this one, such as {USUAL}. Received: {text!r}."
        )
    return workers, int(task["index"])


def writes(kind: str) -> bool:
    """Whether this process is the one that writes: the only one, or the first worker."""
    return kind != "workers" or cluster()[1] == 0


def may_write() -> bool:
    """Whether this process is not known, by TF_CONFIG, for a worker that is not the first."""
    try:
        return writes("workers")
    except ValueError:
        return True


def _one(replicas, tpu):
    import tensorflow as tf

    return tf.distribute.get_strategy()


def _mirrored(replicas, tpu):
    import tensorflow as tf

    found = [f"GPU:{n}" for n, _ in enumerate(tf.config.list_physical_devices("GPU"))]
    if found and (replicas or 1) <= len(found):
        return tf.distribute.MirroredStrategy(found[:replicas])
    if found:
        raise ValueError(
            f"`replicas` must be at most {len(found)}, the GPUs. Received: {replicas}."
        )
    split(replicas or 1)
    together = tf.distribute.ReductionToOneDevice()  # others cannot loop over steps on a CPU
    names = [f"CPU:{n}" for n in range(replicas or 1)]
    return tf.distribute.MirroredStrategy(names, cross_device_ops=together)


def split(count):
    """Makes `count` logical devices of the CPU."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    made = tf.config.get_logical_device_configuration(cpu) or [None]
    if len(made) >= count:
        return
    try:
        devices = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(cpu, devices)
    except RuntimeError as error:
        raise ValueError(
            f"`replicas` on a CPU must be asked for before TensorFlow starts. Received: {count}, "
            f"after it has started with {len(made)}."
        ) from error


def _workers(replicas, tpu):
    cluster()  # refuses
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    implementations = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(
        implementation=implementations.AUTO if gpus else implementations.RING
    )
    return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)


def _tpu(replicas, tpu):
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        words = " ".join(str(error).split())[:200]
        raise ValueError(f"`tpu` must be a TPU in reach. Received: {tpu!r}: {words}") from error
    return tf.distribute.TPUStrategy(resolver)
