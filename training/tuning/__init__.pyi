from . import objectives as objectives
from . import oracles as oracles
from . import search as search
from .hypermodel import HyperModel as HyperModel
