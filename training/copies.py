"""Copies of models without what only training needs."""


def without_optimizers(model, **config):
    """A copy of a model that is not compiled, with all that its class keeps.

    Args:
        **config: entries of its config that are others.
    """
    copy = type(model).from_config({**model.get_config(), **config})
    for ours, theirs in zip(copy.variables, own_variables(model), strict=True):
        ours.assign(theirs)
    return copy


def own_variables(model):
    """The variables of a model but for the averages that `compile` asked for."""
    averages = model.averages
    asked_for = () if averages is None or model.averaged_players else averages.variables
    others = {id(variable) for variable in asked_for}
    return [variable for variable in model.variables if id(variable) not in others]
