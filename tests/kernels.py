"""Which operations of a graph have kernels for a device, by what TensorFlow has registered.

The wheel for Linux holds the kernels of GPUs, with or without one: their list is asked for by
name, and follows the version of TensorFlow by itself.
"""

import functools

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.python.framework import kernels

PLAIN = ("GPU", "DEFAULT")  # the second: of any device, with operands in the memory of the host
COMPILED = ("XLA_GPU_JIT",)
OUTSIDE = ("Placeholder", "IteratorGetNext")  # of what XLA compiles


def missing(graph, devices=PLAIN):
    """Operations of a graph, and of the functions it calls, that no kernel computes there: type
    and the values of its attributes that are types."""
    inner = [f.graph for f in graph._functions.values() if hasattr(f, "graph")]
    nodes = [op.node_def for each in (graph, *inner) for op in each.get_operations()]
    if devices == COMPILED:
        nodes = [node for node in nodes if node.op not in OUTSIDE]
    return {described(node) for node in nodes if not computed(node, devices)}


def holds(dtype):
    """Whether a variable of this dtype can lie on a GPU."""
    node = NodeDef(op="VarHandleOp")
    node.attr["dtype"].type = tf.as_dtype(dtype).as_datatype_enum
    return computed(node, PLAIN)


def computed(node, devices):
    """Whether a kernel of one of the devices takes the types of a node."""
    return any(kernel.device_type in devices and takes(kernel, node) for kernel in of(node.op))


@functools.cache
def of(operation):
    """The kernels of an operation; XLA registers its own when it first compiles."""
    _compile()
    return kernels.get_registered_kernels_for_op(operation).kernel


@functools.cache
def _compile():
    tf.function(tf.identity, jit_compile=True)(tf.zeros(1))


def takes(kernel, node):
    """Whether the types of a node are among those that a kernel is registered for."""
    return all(
        set(types(node.attr[constraint.name])) <= set(constraint.allowed_values.list.type)
        for constraint in kernel.constraint
    )


def types(attribute):
    """The types that an attribute of a node names."""
    return attribute.list.type if attribute.HasField("list") else [attribute.type]


def described(node):
    """Type of a node and its types, such as "VarHandleOp int32"."""
    named = {t for attribute in node.attr.values() for t in types(attribute) if t}
    words = (types_pb2.DataType.Name(t).removeprefix("DT_").lower() for t in sorted(named))
    return " ".join([node.op, *words])
