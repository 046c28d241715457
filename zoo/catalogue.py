"""What the zoo holds: names, classes, papers. Strings only, so that reading it is free."""

import dataclasses
import difflib


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model of the zoo."""

    name: str  # what `zoo.create` takes
    path: str  # module and class
    title: str  # of the paper
    authors: str
    year: int
    objective: str  # in a few words
    aliases: tuple = ()

    @property
    def family(self):
        """The folder of the model."""
        return self.path.split(".")[1]

    @property
    def class_name(self):
        """The public name, `zoo.<class_name>`."""
        return self.path.rsplit(".", 1)[1]


ENTRIES = (
    Entry(
        "autoencoder",
        "zoo.autoencoder.autoencoder.Autoencoder",
        "Reducing the dimensionality of data with neural networks",
        "Hinton and Salakhutdinov",
        2006,
        "squared error; sampler fitted afterwards",
        ("ae",),
    ),
    Entry(
        "rae",
        "zoo.autoencoder.rae.RAE",
        "From variational to deterministic autoencoders",
        "Ghosh et al.",
        2020,
        "squared error, small codes, smooth decoder; sampler fitted afterwards",
        ("regularized_autoencoder",),
    ),
    Entry(
        "wae_mmd",
        "zoo.matching.wae_mmd.WAEMMD",
        "Wasserstein auto-encoders",
        "Tolstikhin et al.",
        2018,
        "squared error, MMD of codes to the prior",
    ),
    Entry(
        "wae_gan",
        "zoo.matching.wae_gan.WAEGAN",
        "Wasserstein auto-encoders",
        "Tolstikhin et al.",
        2018,
        "squared error, critic of codes",
    ),
    Entry(
        "mask_aae",
        "zoo.matching.mask_aae.MaskAAE",
        "MaskAAE: Latent space optimization for adversarial auto-encoders",
        "Mondal et al.",
        2020,
        "cross-entropy, critic of codes, a learned mask of dimensions",
        ("maae",),
    ),
    Entry(
        "flex_ae",
        "zoo.matching.flex_ae.FlexAE",
        "FlexAE: Flexibly learning latent priors for Wasserstein auto-encoders",
        "Mondal et al.",
        2021,
        "squared error, critic of codes, a learned prior",
    ),
    Entry(
        "vae",
        "zoo.vae.vae.VAE",
        "Auto-encoding variational Bayes",
        "Kingma and Welling",
        2014,
        "evidence bound",
    ),
    Entry(
        "fixed_variance_vae",
        "zoo.vae.fixed_variance_vae.FixedVarianceVAE",
        "Diagnosing and enhancing VAE models",
        "Dai and Wipf",
        2019,
        "evidence bound, Gaussian likelihood of fixed variance",
    ),
    Entry(
        "learned_variance_vae",
        "zoo.vae.learned_variance_vae.LearnedVarianceVAE",
        "Diagnosing and enhancing VAE models",
        "Dai and Wipf",
        2019,
        "evidence bound, Gaussian likelihood of one learned variance",
        ("sigma_vae",),
    ),
    Entry(
        "heteroscedastic_vae",
        "zoo.vae.heteroscedastic_vae.HeteroscedasticVAE",
        "Auto-encoding variational Bayes",
        "Kingma and Welling",
        2014,
        "evidence bound, a variance for every output",
    ),
    Entry(
        "beta_vae",
        "zoo.vae.beta_vae.BetaVAE",
        "beta-VAE: Learning basic visual concepts",
        "Higgins et al.",
        2017,
        "evidence bound, divergence times beta",
    ),
    Entry(
        "gan",
        "zoo.gan.gan.GAN",
        "Generative adversarial nets",
        "Goodfellow et al.",
        2014,
        "minimax (saturating) game",
        ("minimax_gan",),
    ),
    Entry(
        "nsgan",
        "zoo.gan.nsgan.NSGAN",
        "Generative adversarial nets",
        "Goodfellow et al.",
        2014,
        "non-saturating game",
    ),
    Entry(
        "wgan_gp",
        "zoo.gan.wgan_gp.WGANGP",
        "Improved training of Wasserstein GANs",
        "Gulrajani et al.",
        2017,
        "Wasserstein game, gradient penalty",
    ),
)


def folded(name):
    """A name without case, underscores, hyphens and spaces."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def find(name):
    """The entry of a name or alias, in any spelling; unknown names name the nearest."""
    known = {folded(key): entry for entry in ENTRIES for key in (entry.name, *entry.aliases)}
    if folded(name) in known:
        return known[folded(name)]
    near = difflib.get_close_matches(folded(name), known, n=3, cutoff=0.4)
    nearest = ", ".join(dict.fromkeys(known[key].name for key in near)) or "see `zoo list`"
    raise ValueError(f"`name` must be a model of the zoo. Received: {name!r}. Nearest: {nearest}.")


def markdown():
    """The catalogue as the table of the README."""
    rows = ["| name | class | year | paper | objective |", "|---|---|---|---|---|"]
    for e in ENTRIES:
        paper = f"{e.authors}, {e.title}"
        rows.append(f"| `{e.name}` | `zoo.{e.class_name}` | {e.year} | {paper} | {e.objective} |")
    return rows
