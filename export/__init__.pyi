from . import client as client
from .load import load as load
from .saved_model import save as save
