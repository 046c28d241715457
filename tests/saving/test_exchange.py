"""Presets that are given and taken: folders, a server, Hugging Face, and by name."""

import functools
import hashlib
import http.server
import json
import pathlib
import shutil
import threading

import numpy as np
import pytest
from exports import ROOT

import zoo
from zoo.saving import exchange, presets

PRESET = ROOT / "saved_models" / "vae_digits"


def test_the_registry_holds_the_hashes_of_what_is_here():
    """`python -m benchmarks.presets` writes it anew."""
    found = json.loads(exchange.REGISTRY.read_text())
    assert sorted(found) == presets.list_presets()
    for name, files in found.items():
        for file, digest in files.items():
            content = (ROOT / "saved_models" / name / file).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest


def test_a_model_goes_into_a_folder_and_comes_back(tmp_path):
    model = zoo.create("vae", data_shape=(6,), latent_dim=2, hidden=(8,), seed=0)
    model.save_to_preset(tmp_path / "mine", data="rows of mine")
    again = zoo.VAE.from_preset(tmp_path / "mine")
    np.testing.assert_array_equal(again.sample(3, seed=0), model.sample(3, seed=0))
    card = json.loads((tmp_path / "mine" / "card.json").read_text())
    assert card["model"] == "vae" and card["config"]["data"] == "rows of mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    with pytest.raises(FileExistsError, match="`folder` must be new"):
        model.save_to_preset(tmp_path / "mine")
    with pytest.raises(ValueError, match="`preset` must be one of WGANGP. Received: .*, a VAE"):
        zoo.WGANGP.from_preset(tmp_path / "mine")


def test_a_file_that_is_not_the_one_of_the_card_is_refused(tmp_path):
    shutil.copytree(PRESET, tmp_path / "mine")
    with open(tmp_path / "mine" / "model.keras", "ab") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match="its SHA-256 is"):
        zoo.from_preset(tmp_path / "mine")


def test_what_is_no_preset_is_named():
    with pytest.raises(ValueError, match="`preset` must be a preset, a folder .* Nearest: vae_dig"):
        zoo.from_preset("vae_digit")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served():
    """Serves a folder on the loopback; a function of the handler's class and options."""
    servers = []

    def serve(handler):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An installation without the presets of a checkout."""
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("ZOO_PRESETS", str(tmp_path / "none"))
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ZOO_PRESETS_URL", raising=False)
    return tmp_path


def test_a_name_is_fetched_once(served, elsewhere, monkeypatch):
    with pytest.raises(OSError, match="Set ZOO_PRESETS_URL"):
        zoo.from_preset("vae_digits")
    handler = functools.partial(Quiet, directory=str(ROOT / "saved_models"))
    monkeypatch.setenv("ZOO_PRESETS_URL", served(handler))
    fetched = zoo.from_preset("vae_digits").sample(2, seed=0)
    monkeypatch.setenv("ZOO_PRESETS_URL", "")  # offline: it is kept
    np.testing.assert_array_equal(zoo.from_preset("vae_digits").sample(2, seed=0), fetched)


def test_another_file_than_the_registered_one_is_refused_and_not_kept(
    served, elsewhere, monkeypatch
):
    shutil.copytree(ROOT / "saved_models" / "rae_digits", elsewhere / "www" / "vae_digits")
    handler = functools.partial(Quiet, directory=str(elsewhere / "www"))
    monkeypatch.setenv("ZOO_PRESETS_URL", served(handler))
    with pytest.raises(OSError, match="could not be fetched from http://127.0.0.1"):
        zoo.from_preset("vae_digits")
    assert not list((elsewhere / "cache").rglob("model.keras"))


def test_without_a_network_one_line_says_so(elsewhere, monkeypatch):
    monkeypatch.setenv("ZOO_PRESETS_URL", "http://127.0.0.1:9")
    with pytest.raises(OSError, match="'vae_digits/card.json' could not be fetched") as raised:
        zoo.from_preset("vae_digits")
    assert "\n" not in str(raised.value)


class Hub(Quiet):
    """The part of Hugging Face that a download asks for."""

    commit = "0123456789abcdef0123456789abcdef01234567"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, whole):
        if "/tree/" in self.path:
            files = [(name, (PRESET / name).stat().st_size) for name in exchange.FILES]
            entries = [{"type": "file", "path": n, "size": s, "oid": "0" * 40} for n, s in files]
            body = json.dumps(entries).encode()
        elif self.path.startswith("/api/models/me/mine"):
            names = [{"rfilename": name} for name in exchange.FILES]
            body = json.dumps({"id": "me/mine", "sha": self.commit, "siblings": names}).encode()
        else:
            assert self.path.startswith(f"/me/mine/resolve/{self.commit}/"), self.path
            body = (PRESET / pathlib.PurePosixPath(self.path).name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.commit)
        self.end_headers()
        if whole:
            self.wfile.write(body)


def test_a_repository_of_hugging_face(served, tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", served(Hub))
    model = zoo.from_preset("hf://me/mine")
    np.testing.assert_array_equal(
        model.sample(2, seed=0), zoo.load_preset("vae_digits").sample(2, seed=0)
    )


@pytest.mark.parametrize("address", ["hf://mine", "me/mine", "hf:///mine", "hf://a/b/c"])
def test_addresses_are_checked(address):
    with pytest.raises(ValueError, match="`address` must be hf://user/repository"):
        zoo.upload_preset(address, PRESET)


def test_without_its_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"keras-generative-zoo\[hub\]"):
        zoo.from_preset("hf://me/mine")


def test_a_pretrained_model_is_made_by_name():
    made = zoo.create("VAE", data_shape=(8, 8, 1), pretrained=True)
    named = zoo.load_preset("vae_digits")
    np.testing.assert_array_equal(made.sample(2, seed=0), named.sample(2, seed=0))
    with pytest.raises(ValueError, match="There is vae_digits or vae_mnist"):
        zoo.create("vae", pretrained=True)
    with pytest.raises(ValueError, match="There is none"):
        zoo.create("unrolled_gan", pretrained=True)
    with pytest.raises(ValueError, match="have their own settings. Received: hidden"):
        zoo.create("vae", data_shape=(8, 8, 1), pretrained=True, hidden=(8,))
    with pytest.raises(ValueError, match="`data_shape` must be given"):
        zoo.create("vae")


def test_models_are_listed_by_pattern_and_by_preset():
    assert zoo.list_models("wgan_g?") == ["wgan_gp"]
    assert set(zoo.list_models("*gan*")) >= {"nsgan", "vae_gan", "cyclegan"}
    trained = zoo.list_models(pretrained=True)
    assert {"vae", "flex_ae"} <= set(trained) < set(zoo.list_models())
    assert zoo.list_models("vae*", pretrained=True) == ["vae"]
    with pytest.raises(ValueError, match="`family` must be one of .*Received: 'vea'"):
        zoo.list_models("vea")
