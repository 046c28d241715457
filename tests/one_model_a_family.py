"""A pytest plugin for `make quick`: of the conformance tests, those of one model a family."""

from zoo.catalogue import ENTRIES

CHOSEN = {entry.family: entry.name for entry in reversed(ENTRIES)}  # the first of each family
OTHERS = {entry.name for entry in ENTRIES} - set(CHOSEN.values())


def pytest_collection_modifyitems(config, items):
    """Deselects the tests of all other models."""
    chosen = [not OTHERS & set(i.name.rpartition("[")[2][:-1].split("-")) for i in items]
    pairs = list(zip(items, chosen, strict=True))
    config.hook.pytest_deselected(items=[item for item, is_chosen in pairs if not is_chosen])
    items[:] = [item for item, is_chosen in pairs if is_chosen]
