from . import callbacks as callbacks
from . import data as data
from . import evaluate as evaluate
from . import run as run
from . import strategy as strategy
from . import tuning as tuning
