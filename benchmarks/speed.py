"""How much `model.fit` costs beside a hand-written training step on the same networks.

    python -m benchmarks.speed --pairs 7 --write

Each pair trains the same number of epochs twice, one way after the other, in turn first
and second; the ratio is images a second of `fit` over those of the hand-written loop, and
the table gives its median. What `fit` does once, before the first step, is included.
Data are random pixels of MNIST's shape: speed does not depend on their values.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import zoo
from benchmarks.results import RESULTS, put

SHAPE, LATENT, BATCH = (28, 28, 1), 16, 128
NAMES = ("vae", "wgan_gp")


def vae_step(model):
    """The VAE's step as one would write it by hand."""
    optimizer = keras.optimizers.Adam(1e-3)
    weights = model.encoder.trainable_variables + model.decoder.trainable_variables
    optimizer.build(weights)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            mean, log_var = tf.split(model.encoder(x, training=True), 2, axis=-1)
            z = mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))
            logits = model.decoder(z, training=True)
            error = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
            kl = 0.5 * (mean**2 + tf.exp(log_var) - 1.0 - log_var)
            loss = tf.reduce_mean(tf.reduce_sum(error, [1, 2, 3]) + tf.reduce_sum(kl, 1))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    return step


def wgan_gp_step(model):
    """WGAN-GP's step, five critic moves and one of the generator, as one would write it."""
    optimizers = [keras.optimizers.Adam(1e-4, 0.0, 0.9) for _ in range(2)]
    critic, generator = model.discriminator, model.generator
    for optimizer, network in zip(optimizers, (critic, generator), strict=True):
        optimizer.build(network.trainable_variables)

    def critic_move(x):
        weights = critic.trainable_variables
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal([BATCH, LATENT]), training=True)
            u = tf.random.uniform([BATCH, 1, 1, 1])
            between = u * x + (1.0 - u) * fake
            with tf.GradientTape() as inner:
                inner.watch(between)
                judged = critic(between, training=True)
            slope = tf.sqrt(tf.reduce_sum(inner.gradient(judged, between) ** 2, [1, 2, 3]) + 1e-12)
            gap = critic(fake, training=True) - critic(x, training=True)
            loss = tf.reduce_mean(gap[:, 0] + 10.0 * (slope - 1.0) ** 2)
        optimizers[0].apply(tape.gradient(loss, weights), weights)
        return loss

    @tf.function
    def step(x):
        for k in range(5):
            loss = critic_move(x[k::5])
        weights = generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal([BATCH, LATENT]), training=True)
            goal = -tf.reduce_mean(critic(fake, training=True))
        optimizers[1].apply(tape.gradient(goal, weights), weights)
        return loss

    return step


def ways(name, steps, epochs):
    """Two functions that train the same networks as long; the images of one step."""
    keras.utils.set_random_seed(0)
    model, twin = (zoo.create(name, SHAPE, LATENT, seed=0, channels=(32, 64)) for _ in range(2))
    model.compile()
    size = BATCH * model.parts
    x = np.random.default_rng(0).random((size * steps, *SHAPE), dtype=np.float32)
    step = {"vae": vae_step, "wgan_gp": wgan_gp_step}[name](twin)
    data = tf.data.Dataset.from_tensor_slices(x).shuffle(len(x)).batch(size, drop_remainder=True)
    data = data.prefetch(2)

    def fit():
        model.fit(x, batch_size=BATCH, epochs=epochs, verbose=0)

    def by_hand():
        for _ in range(epochs):
            for batch in data:
                loss = step(batch)
        return float(loss)

    return fit, by_hand, size


def timed(way):
    """Seconds of one call."""
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def measure(name, pairs, steps, epochs):
    """Ratios of `pairs` pairs and the median speeds, in images a second."""
    fit, by_hand, size = ways(name, steps, epochs)
    fit(), by_hand()
    seconds = {fit: [], by_hand: []}
    for pair in range(pairs):
        for way in (fit, by_hand) if pair % 2 else (by_hand, fit):
            seconds[way].append(timed(way))
    images = size * steps * epochs
    ratios = [hand / own for own, hand in zip(seconds[fit], seconds[by_hand], strict=True)]
    speeds = [images / statistics.median(seconds[way]) for way in (fit, by_hand)]
    return ratios, speeds


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs (default 7)")
    parser.add_argument("--steps", type=int, default=60, help="steps of an epoch (default 60)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of one run (default 5)")
    parser.add_argument("--names", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    rows = ["| model | fit, images/s | by hand, images/s | ratio: median | min | max |"]
    rows.append("|---|---|---|---|---|---|")
    for name in options.names:
        ratios, (own, hand) = measure(name, options.pairs, options.steps, options.epochs)
        middle = statistics.median(ratios)
        spread = f"{middle:.3f} | {min(ratios):.3f} | {max(ratios):.3f}"
        rows.append(f"| {name} | {own:.0f} | {hand:.0f} | {spread} |")
        print(rows[-1], flush=True)
    if options.write:
        put(RESULTS, "speed", rows)


if __name__ == "__main__":
    main()
