"""The tables as published (Mondal et al., "MaskAAE" and "FlexAE"), by data set and row."""

DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}

GENERATED = {  # Table 1: FID of samples; other networks and protocols than Table 3
    "mnist": {
        "VAE (cross-entr.)": 16.6,
        "VAE (fixed variance)": 52.0,
        "VAE (learned variance)": 54.5,
        "VAE + Flow (cross-entr.)": 54.8,
        "WAE-MMD": 115.0,
        "WAE-GAN": 12.4,
        "2-S VAE": 12.6,
        "MaskAAE": 10.5,
    },
    "fashion_mnist": {
        "VAE (cross-entr.)": 43.6,
        "VAE (fixed variance)": 84.6,
        "VAE (learned variance)": 60.0,
        "VAE + Flow (cross-entr.)": 62.1,
        "WAE-MMD": 101.7,
        "WAE-GAN": 31.5,
        "2-S VAE": 29.3,
        "MaskAAE": 28.4,
    },
    "cifar10": {
        "VAE (cross-entr.)": 106.0,
        "VAE (fixed variance)": 160.5,
        "VAE (learned variance)": 76.7,
        "VAE + Flow (cross-entr.)": 81.2,
        "WAE-MMD": 80.9,
        "WAE-GAN": 93.1,
        "2-S VAE": 72.9,
        "MaskAAE": 71.9,
    },
}

DIMENSIONS = {  # Table 2: size of the code, then active dimensions and NAC of WAE and MaskAAE
    "mnist": (64, (64, 0.027), (13, 0.020)),
    "fashion_mnist": (128, (128, 0.025), (40, 0.019)),
    "cifar10": (256, (256, 0.017), (120, 0.013)),
}

DISTANCES = {  # Table 3: FID of reconstructions and of samples
    "mnist": {
        "VAE": (65.10, 57.04),
        "beta-VAE": (7.91, 24.31),
        "VampPrior": (11.01, 49.75),
        "VAE-IOP": (8.01, 32.61),
        "WAE-GAN": (8.06, 13.30),
        "AE + GMM": (8.69, 12.14),
        "RAE + GMM": (6.15, 7.30),
        "VAE + FLOW": (8.62, 20.17),
        "InjFlow": (7.40, 35.96),
        "InjFlow + GMM": (7.40, 9.93),
        "2-S VAE": (6.38, 7.41),
        "MaskAAE": (8.46, 10.52),
        "FlexAE": (4.33, 4.69),
    },
    "cifar10": {
        "VAE": (176.5, 169.1),
        "beta-VAE": (43.86, 83.59),
        "VampPrior": (107.33, 161.02),
        "VAE-IOP": (92.17, 141.92),
        "WAE-GAN": (42.39, 72.90),
        "AE + GMM": (41.45, 70.97),
        "RAE + GMM": (40.48, 69.24),
        "VAE + FLOW": (43.87, 73.28),
        "InjFlow": (40.11, 78.78),
        "InjFlow + GMM": (40.11, 68.26),
        "2-S VAE": (47.03, 86.15),
        "MaskAAE": (58.40, 71.90),
        "FlexAE": (39.91, 62.66),
    },
}

PRECISION_RECALL = {  # Table 4: a pair whose order is not told
    "mnist": {
        "VAE": (0.69, 0.76),
        "2-S VAE": (0.97, 0.98),
        "RAE + GMM": (0.98, 0.98),
        "MaskAAE": (0.94, 0.96),
        "FlexAE": (0.99, 0.99),
    },
    "cifar10": {
        "VAE": (0.23, 0.47),
        "2-S VAE": (0.47, 0.76),
        "RAE + GMM": (0.61, 0.87),
        "MaskAAE": (0.58, 0.83),
        "FlexAE": (0.68, 0.85),
    },
}

CAPACITIES = {  # Table 5: FID of reconstructions and of samples, by the capacity of the prior
    "mnist": (
        (60.51, 55.49),
        (21.00, 53.93),
        (13.41, 42.14),
        (14.40, 31.00),
        (8.11, 63.64),
        (8.94, 62.43),
    ),
    "cifar10": (
        (154.17, 135.32),
        (91.85, 104.06),
        (82.95, 108.63),
        (83.88, 108.46),
        (94.2, 120.64),
        (94.54, 121.96),
    ),
}
