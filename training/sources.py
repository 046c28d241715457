"""Classes of models as their source states them: settings, tables and docstrings, without
importing TensorFlow.

    cls = stated("vae")  # stands for zoo.VAE
    settings.of(cls), cls.players, cls.__doc__

What stands for a class has its name, its bases, the tables that can be computed without a
network, and the signatures of `__init__` and `default_networks`. A test compares it with the
class itself, for every model.
"""

import ast
import contextlib
import functools
import importlib
import pathlib
from typing import Any

import zoo
from zoo import catalogue

ROOT = pathlib.Path(zoo.__file__).parent
REAL = ("zoo.contract.settings", "typing", "math")  # modules that are imported as they are
FUNCTIONS = ("__init__", "default_networks", "default_optimizer")
TABLES = ("players", "rounds", "moves", "fresh_batches", "terms", "watched", "verbs", "targets")


class Unknown(NameError):
    """A name that only the imported module would know."""


def stated(name):
    """What stands for the class of a model of the catalogue."""
    module, _, cls = catalogue.find(name).path.rpartition(".")
    return Module.of(module)[cls]


class Module(dict):
    """The names of a module of the zoo, each computed from the source when it is asked for."""

    @classmethod
    @functools.cache
    def of(cls, name):
        """The module of a dotted name."""
        path = ROOT.joinpath(*name.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name.split(".")[0] != "zoo" or not path.is_file():
            raise Unknown(name)
        return cls(name, ast.parse(path.read_text(encoding="utf-8")))

    def __init__(self, name, tree):
        super().__init__(__name__=name)
        self.name, self.statements = name, {}
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.statements |= {a.asname or a.name: node for a in node.names}
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                self.statements[node.name] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if isinstance(target, ast.Name):
                    self.statements[target.id] = node

    def __hash__(self):
        return hash(self.name)

    def __getattr__(self, name):
        return self[name]

    def __missing__(self, name):
        if name not in self.statements:
            raise KeyError(name)  # a builtin, or unknown
        value = self.computed(name, self.statements[name])
        self[name] = value
        return value

    def computed(self, name, node):
        """What a name stands for."""
        if isinstance(node, ast.ClassDef):
            return class_of(self, node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            return evaluated(node.value, self)
        if isinstance(node, ast.FunctionDef):
            return f"{self.name}.{name}"  # stands for it, where it is named and not called
        if isinstance(node, ast.Import) or node.module.split(".")[0] not in ("zoo", "typing"):
            raise Unknown(name)
        original = next(a.name for a in node.names if name in (a.asname, a.name))
        if node.module in REAL:
            return getattr(importlib.import_module(node.module), original)
        try:
            return Module.of(f"{node.module}.{original}")
        except Unknown:
            return Module.of(node.module)[original]


def evaluated(node, names):
    """The value of an expression; `names` is a mapping that looks names up as they are needed."""
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<source>", "eval")
    return eval(code, names, names)


FAILURES = (NameError, KeyError, AttributeError, TypeError, ValueError, StopIteration)


def class_of(module, node):
    """What stands for a class, from its definition."""
    bases = []
    for base in node.bases:
        try:
            value = evaluated(base, module)
        except FAILURES:  # such as `keras.Model`
            continue
        bases += [value] if isinstance(value, type) else []
    body = Body(module)
    for statement in node.body:
        body.add(statement)
    own = {"__module__": module.name, "__doc__": ast.get_docstring(node, clean=False), **body.own}
    return type(node.name, tuple(bases), own)


class Body(dict):
    """The names within a class, those of its module beside them."""

    def __init__(self, module):
        super().__init__()
        self.module, self.own = module, {}

    def __missing__(self, name):
        return self.own[name] if name in self.own else self.module[name]

    def add(self, statement):
        """Computes what a statement of the class sets; leaves out what it cannot."""
        if isinstance(statement, ast.FunctionDef) and statement.name in FUNCTIONS:
            self.own[statement.name] = stub(statement, self)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                self.assign(target, statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self.assign(statement.target, statement.value)
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.BitOr):
            former: Any = ast.parse(ast.unparse(statement.target), mode="eval").body
            self.assign(statement.target, ast.BinOp(former, ast.BitOr(), statement.value))

    def assign(self, target, node):
        """Sets a name, or several, to the value of an expression where that can be known."""
        if isinstance(target, ast.Tuple) and isinstance(node, ast.Tuple):
            for each, value in zip(target.elts, node.elts, strict=True):
                self.assign(each, value)
        elif isinstance(target, ast.Name):
            with contextlib.suppress(*FAILURES):
                self.own[target.id] = evaluated(node, self)


def stub(definition, names):
    """A function with the signature of another; `source` holds the other's definition."""
    text = f"lambda {ast.unparse(plain(definition.args))}: None"
    arguments: Any = ast.parse(text, mode="eval").body
    annotated = {a.arg: a.annotation for a in everything(definition.args) if a.annotation}
    arguments.args.defaults = [known(d, names) for d in definition.args.defaults]
    arguments.args.kw_defaults = [d and known(d, names) for d in definition.args.kw_defaults]
    function = eval(compile(ast.fix_missing_locations(ast.Expression(arguments)), "<stub>", "eval"))
    function.__annotations__ = {}
    for name, annotation in annotated.items():
        try:
            function.__annotations__[name] = evaluated(annotation, names)
        except FAILURES:
            continue
    function.source, function.names = definition, names
    decorators = {d.id for d in definition.decorator_list if isinstance(d, ast.Name)}
    kinds = {"classmethod": classmethod, "staticmethod": staticmethod}
    return next((kinds[name](function) for name in kinds if name in decorators), function)


def everything(arguments):
    """All arguments of a signature but `*args` and `**options`."""
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def plain(arguments):
    """A copy of a signature without annotations."""
    function: Any = ast.parse(f"def f({ast.unparse(arguments)}): pass").body[0]
    copy = function.args
    for argument in (*everything(copy), copy.vararg, copy.kwarg):
        if argument is not None:
            argument.annotation = None
    return copy


def known(default, names):
    """A default as a constant; the name of what only the imported module would know."""
    value: Any
    try:
        value = evaluated(default, names)
    except FAILURES:
        value = ast.unparse(default)
    constants = (str, int, float, bool, type(None))
    flat = value if isinstance(value, tuple) else (value,)
    is_constant = all(isinstance(each, constants) for each in flat)
    value = value if is_constant else ast.unparse(default)
    return ast.Constant(value)
