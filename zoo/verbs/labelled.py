"""The verbs of models that encode and decode with a label beside data and code."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from zoo.losses.partial_labels import every_class
from zoo.verbs.labels import checked


class LabelVerbs:
    """Mixed into families that have `sample`, `encode`, `decode` and `classify`.

    An unknown label is -1, or None for all: `sample` draws it from the distribution of labels, and
    the verbs of data take the class that `classify` finds most probable.
    """

    encode: Callable[..., tf.Tensor]
    decode: Callable[..., tf.Tensor]
    classify: Callable[..., tf.Tensor]
    classes_per_label: tuple[int, ...] | None
    verbs: dict[str, tuple[str, ...]] = {
        "sample": ("count", "labels", "seed"),
        "encode": ("x", "labels"),
        "decode": ("z", "labels"),
        "reconstruct": ("x", "labels"),
        "translate": ("x", "labels"),
        "classify": ("x",),
        "score": ("x", "seed"),
    }
    unknown_labels = ("sample", "encode", "reconstruct")

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The reconstruction of x."""
        return self.reconstruct(x)

    def reconstruct(self, x: tf.Tensor, labels: Any = None) -> tf.Tensor:
        """The data that x is decoded to after encoding."""
        y = self.known(x, labels)
        return self.decode(self.encode(x, y), y)

    def translate(self, x: tf.Tensor, labels: Any) -> tf.Tensor:
        """What x would be with these labels: its code, which stays, decoded with them."""
        return self.decode(self.encode(x), labels)

    def label_of(self, classes: tf.Tensor) -> tf.Tensor:
        """The labels of classes, int32 `(batch,)`: the same, where there is one label."""
        if self.classes_per_label is None:
            return classes
        return tf.gather(every_class(self.classes_per_label), classes)

    def known(self, x: tf.Tensor, labels: Any) -> tf.Tensor:
        """The labels of x: those given, and the most probable where they are unknown."""
        labels = checked(self, labels, tf.shape(x)[0])

        def guessed():
            best = self.label_of(tf.argmax(self.classify(x), axis=1, output_type=tf.int32))
            return tf.where(labels < 0, best, labels)

        return tf.cond(tf.reduce_any(labels < 0), guessed, lambda: labels)
