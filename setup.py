"""Installs the package `zoo`, `zoo.training` and `zoo.export` in it, and the `zoo` command."""

from setuptools import find_packages, setup

OUTSIDE = ("training", "export")  # folders beside `zoo` that are imported as parts of it
CARRIED = ("classifier_*", "vae_digits")  # of saved_models: what measures need, and one preset

setup(
    name="keras-generative-zoo",
    version="0.2.0.dev0",  # the only place; `zoo.__version__` and `zoo --version` read it
    description="Deep generative models as production-ready Keras models",
    long_description=open("README.md", encoding="utf-8").read(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=[
        *find_packages(include=["zoo", "zoo.*"]),
        *(f"zoo.{name}" for folder in OUTSIDE for name in find_packages(include=[f"{folder}*"])),
        "zoo.saved_models",
    ],
    package_dir={f"zoo.{folder}": folder for folder in (*OUTSIDE, "saved_models")},
    package_data={
        "zoo": ["catalogue.toml", "*.pyi", "py.typed"],
        "zoo.export": ["*.pyi"],
        "zoo.saved_models": [f"{name}/*.*" for name in CARRIED],
        "zoo.saving": ["registry.json"],
        "zoo.training": ["*.pyi", "recipes/*.yaml"],
        "zoo.training.tuning": ["*.pyi"],
        "zoo.training.commands": ["*.html"],
        "zoo.training.reporting": ["*.html"],
    },
    python_requires=">=3.11,<3.14",
    install_requires=[
        "tensorflow>=2.21,<2.22",
        "keras>=3.15,<3.16",  # security fixes; the step leans on hooks that may move
        "numpy>=2.0",
        "tensorflow-probability>=0.25,<0.26",
        "tf-keras>=2.21,<2.22",  # tensorflow-probability imports it
        "setuptools",  # tensorflow-probability imports distutils, gone from Python 3.12
        "tensorflow-datasets>=4.9.10,<5",
        "importlib_resources",  # tensorflow-datasets imports it without requiring it
        "keras-tuner>=1.4.8,<1.5",
        "tensorboard",  # keras-tuner imports it without requiring it
        "scipy",
        "scikit-learn",
        "matplotlib",
        "pillow",
        "jsonargparse[signatures]>=4.40",
        "pooch",
        "pyyaml",
        "jinja2",
        "rich",
        "shtab",
        "lazy_loader>=0.4",
        "wrapt>=1.14",
    ],
    extras_require={
        "hub": ["huggingface_hub>=1"],
        "docs": ["furo", "myst-parser>=4", "sphinx>=8", "sphinx-copybutton"],
        "serving": ["tensorflow-serving-api>=2.21,<2.22"],
        "test": [
            "huggingface_hub>=1",
            "pytest>=8",
            "pytest-xdist",
            "pre-commit",
            "pyright[nodejs]==1.1.414",
            "ruff==0.17.6",
            "tensorflow-serving-api>=2.21,<2.22",
        ],
    },
    entry_points={"console_scripts": ["zoo = zoo.training.cli:main"]},
)
