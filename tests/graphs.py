"""What in graphs could come out otherwise at another pace, and what a TPU could not run."""

import collections
import contextlib

import tensorflow as tf
from tensorflow.python.eager import context

ALIASES = ("EnsureShape", "ExpandDims", "Identity", "Reshape", "Squeeze")  # of their input's memory
BARRED = {  # operations that a TPU has not, that leave the graph, or whose size data decide
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "Print", "PrintV2", "StringFormat"),
    *("Assert", "CheckNumerics", "CheckNumericsV2"),  # XLA drops them
    *("RandomGamma", "StatelessRandomGammaV2", "StatelessRandomGammaV3"),
    *("RandomUniform", "RandomStandardNormal", "TruncatedNormal", "RandomUniformInt"),
    *("ResizeBicubic", "Where", "Unique", "UniqueV2", "DynamicPartition", "SetSize"),
    *("WriteScalarSummary", "WriteSummary", "WriteImageSummary", "WriteHistogramSummary"),
}
HELD = ("Const", "Placeholder", "ReadVariableOp", "_Arg")  # by somebody else


@contextlib.contextmanager
def optimized():
    """A list that receives the graphs of functions that run within, as TensorFlow has left them."""
    found, runtime = [], context.context()
    runtime.enable_graph_collection()
    try:
        yield found
        functions = runtime.export_run_metadata().function_graphs
        found += [function.post_optimization_graph for function in functions]
    finally:
        runtime.disable_graph_collection()


def bodies(graph):
    """Name -> node of a graph, and of each function that it calls."""
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        yield {node.name: node for node in nodes}


def parent(entry):
    return entry.lstrip("^").split(":")[0]


def before(nodes, name):
    """Names of all that has run when a node does."""
    found, left = set(), [name]
    while left:
        new = {parent(entry) for entry in nodes[left.pop()].input}
        new = {name for name in new - found if name in nodes}
        found |= new
        left += new
    return found


def overtaken(graph):
    """Updates of a variable, each with a read of it that may come before or after."""
    found = []
    for nodes in bodies(graph):
        of = collections.defaultdict(list)
        for node in nodes.values():
            if node.op == "ReadVariableOp":
                of[parent(node.input[0])].append(node.name)
        for node in nodes.values():
            reads = of[parent(node.input[0])] if node.op.startswith("Assign") else []
            earlier = before(nodes, node.name) if reads else ()
            late = [read for read in reads if read not in earlier]
            found += [(node.name, read) for read in late if node.name not in before(nodes, read)]
    return found


def unordered(graph):
    """Sums of three and more that begin with whichever input is free (`replicas.ordered_sum`)."""
    found = []
    for nodes in bodies(graph):
        entries = [tensor(e) for n in nodes.values() for e in n.input if e[0] != "^"]
        uses = collections.Counter(entries)

        def shared(entry, nodes=nodes, uses=uses):
            node = nodes.get(parent(entry))
            if node is None or uses[tensor(entry)] > 1 or node.op in HELD:
                return True
            return node.op in ALIASES and shared(node.input[0])

        for node in nodes.values():
            if node.op == "AddN" and node.attr["N"].i > 2 and all(map(shared, node.input[:2])):
                found.append(node.name)
    return found


def tensor(entry):
    return entry if ":" in entry else f"{entry}:0"


def require_static(graph, batch):
    """The assertion that a step has a fixed batch, no barred operation, and known shapes alone."""
    assert all(side.shape.is_fully_defined() for side in tf.nest.flatten(batch))
    types, unknown = barred(graph)
    assert types == set() and unknown == []


def barred(graph):
    """Of a graph and the functions it calls: types of operations that are barred, and tensors
    of unknown shape."""
    inner = [f.graph for f in graph._functions.values() if hasattr(f, "graph")]
    operations = [op for each in (graph, *inner) for op in each.get_operations()]
    unknown = [
        tensor.name
        for op in operations
        for tensor in op.outputs
        if tensor.dtype not in (tf.resource, tf.variant)
        and not tensor.shape.is_fully_defined()
        and tensor.consumers()  # a loop has placeholders that nothing reads
    ]
    return {op.type for op in operations} & BARRED, unknown
