"""Systems at the sizes of their papers, and small ones that run here, for `benchmarks.scale`."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class System:
    """A model at the size of its paper.

    Args:
        name: of the model.
        data_shape: of one example.
        batch: of one step.
        latent_dim: None where there is none.
        num_classes: None where there are none.
        options: sizes of the networks.
        targets: whether a batch is a pair of domains.
    """

    name: str
    data_shape: tuple
    batch: int
    latent_dim: int | None = None
    num_classes: int | None = None
    options: dict = dataclasses.field(default_factory=dict)
    targets: bool = False

    def model(self):
        """The model, compiled by Keras for XLA."""
        import zoo

        given = {"latent_dim": self.latent_dim, "num_classes": self.num_classes}
        given = {name: value for name, value in given.items() if value is not None}
        made = zoo.create(self.name, data_shape=self.data_shape, seed=0, **given, **self.options)
        made.compile(jit_compile=True)
        return made

    def batches(self, model, batch):
        """What one step takes, as specifications."""
        import tensorflow as tf

        rows = batch * model.parts
        x = tf.TensorSpec((rows, *self.data_shape), tf.float32)
        labels = () if self.num_classes is None else (tf.TensorSpec((rows,), tf.int32),)
        return (x, x) if self.targets else (x, *labels)


WAE = {"channels": (128, 256, 512, 1024)}
SYSTEMS = {
    "biggan_128": System("biggan", (128, 128, 3), 2048, 120, 1000, {"width": 96, "attention": 64}),
    "sagan_128": System("sagan", (128, 128, 3), 256, 128, 1000, {"width": 64, "attention": 32}),
    "cyclegan_256": System("cyclegan", (256, 256, 3), 1, targets=True),
    "vq_vae_256": System(
        "vq_vae",
        (256, 256, 3),
        128,
        64,
        options={"channels": (128, 256, 256), "num_codes": 512, "prior_hidden": (8,)},
    ),
    "flex_ae_64": System("flex_ae", (64, 64, 3), 128, 128, options=WAE),
}
SMALL = {
    "biggan, 32 x 32, width 8": System("biggan", (32, 32, 3), 32, 80, 10, {"width": 8}),
    "sagan, 32 x 32, width 16": System("sagan", (32, 32, 3), 32, 64, 10),
    "cyclegan, 64 x 64": System(
        "cyclegan", (64, 64, 3), 1, options={"channels": (32, 64, 128)}, targets=True
    ),
    "vq_vae, 64 x 64": System(
        "vq_vae", (64, 64, 3), 32, 64, options={"channels": (64, 64), "prior_hidden": (8,)}
    ),
    "flex_ae, 32 x 32": System("flex_ae", (32, 32, 3), 64, 64, options={"channels": (32, 64, 128)}),
}
