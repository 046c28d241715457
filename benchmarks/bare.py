"""The training step of a model without all that the zoo adds, and data to feed it."""

import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo import noise
from zoo.contract import settings

SHAPES = {4: (8, 28, 28, 1), 3: (28, 28, 1), 2: (8, 16), 1: (32,)}
LATENT, CLASSES = 16, 10
SIZES = {"channels": (32, 64), "hidden": (256, 256)}
SIZES |= {"pretrain_steps": 0}  # what comes before the first step is no part of it


def model(name):
    """A model of the catalogue on networks of a usual size, compiled."""
    keras.utils.set_random_seed(0)
    cls = zoo.model_class(name)
    rank = max(cls.data_ranks)
    sizes = {key: size for key, size in SIZES.items() if key in settings.of(cls)}
    labels = {"num_classes": CLASSES} if "labels" in cls.targets else {}
    made = zoo.create(name, SHAPES[rank], LATENT, seed=0, **sizes, **labels)
    made.compile()
    return made


def data(made, rows):
    """Random x, and y where the model takes one."""
    random = np.random.default_rng(0)
    x = random.random((rows, *made.data_shape), np.float32)
    if made.targets == "none":
        return (x,)
    if "labels" in made.targets:
        return x, random.integers(0, CLASSES, rows).astype(np.int32)
    return x, random.random((rows, *made.target_shape), np.float32)


def step(made):
    """A compiled step of every player: the model's own losses, plain tapes, its optimizers."""
    contract = zoo.GenerativeModel

    def move(movers, batch, number):
        if type(made).move is not contract.move:  # a closed form
            return made.move(movers, batch, number)
        with (
            noise.training(made.seed, made.steps.value, number),
            tf.GradientTape(persistent=len(movers) > 1) as tape,
        ):
            if len(movers) > 1 and hasattr(made, "joint_loss"):
                terms = made.joint_loss(*batch, True)
            else:
                terms = {p: getattr(made, f"{p}_loss")(*batch, True) for p in movers}
            goals = {
                p: tf.add_n([tf.reduce_mean(terms[p][name]) for name in made.terms[p]])
                for p in movers
            }
        for player in movers:
            weights = made.variables_of(player)
            made.optimizers[player].apply(tape.gradient(goals[player], weights), weights)
        return terms

    @tf.function(autograph=False)
    def whole(x, y=None):
        k, heard = -1, {}
        for number, (movers, draws) in enumerate(zip(made.play, made.draws_batch, strict=True)):
            k += draws
            fresh = slice(max(k, 0), None, made.parts)
            batch = (x, y) if made.parts == 1 else (x[fresh], None if y is None else y[fresh])
            heard |= move(movers, batch, number)
            if type(made).after_move is not contract.after_move:
                means = {p: {n: tf.reduce_mean(t) for n, t in heard[p].items()} for p in heard}
                for name, value in (made.after_move(movers, batch, means) or {}).items():
                    getattr(made, name).assign(value)
        made.steps.assign_add(1)
        return [tf.reduce_mean(t) for terms in heard.values() for t in terms.values()]

    return whole


def vae_step(made):
    """The VAE's step as one would write it without the zoo."""
    optimizer = keras.optimizers.Adam(1e-3)
    weights = made.encoder.trainable_variables + made.decoder.trainable_variables
    optimizer.build(weights)

    @tf.function(autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            mean, log_var = tf.split(made.encoder(x, training=True), 2, axis=-1)
            z = mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))
            logits = made.decoder(z, training=True)
            error = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
            kl = 0.5 * (mean**2 + tf.exp(log_var) - 1.0 - log_var)
            loss = tf.reduce_mean(tf.reduce_sum(error, [1, 2, 3]) + tf.reduce_sum(kl, 1))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return [loss]

    return step


def wgan_gp_step(made):
    """WGAN-GP's step, five critic moves and one of the generator, without the zoo."""
    optimizers = [keras.optimizers.Adam(1e-4, 0.0, 0.9) for _ in range(2)]
    critic, generator, batch = made.discriminator, made.generator, made.batch_size
    for optimizer, network in zip(optimizers, (critic, generator), strict=True):
        optimizer.build(network.trainable_variables)

    def critic_move(x):
        weights = critic.trainable_variables
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal([batch, LATENT]), training=True)
            u = tf.random.uniform([batch, 1, 1, 1])
            between = u * x + (1.0 - u) * fake
            with tf.GradientTape() as inner:
                inner.watch(between)
                judged = critic(between, training=True)
            slope = tf.sqrt(tf.reduce_sum(inner.gradient(judged, between) ** 2, [1, 2, 3]) + 1e-12)
            gap = critic(fake, training=True) - critic(x, training=True)
            loss = tf.reduce_mean(gap[:, 0] + 10.0 * (slope - 1.0) ** 2)
        optimizers[0].apply(tape.gradient(loss, weights), weights)
        return loss

    @tf.function(autograph=False)
    def step(x):
        for k in range(5):
            loss = critic_move(x[k::5])
        weights = generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal([batch, LATENT]), training=True)
            goal = -tf.reduce_mean(critic(fake, training=True))
        optimizers[1].apply(tape.gradient(goal, weights), weights)
        return [loss]

    return step


BY_HAND = {"vae": vae_step, "wgan_gp": wgan_gp_step}
