"""Which classes of Keras a config may name, and how many numbers its layers ask for."""

import math

REFUSED = {  # layers of Keras that run code, read files or wrap other frameworks
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"),
}
LAYERS = """Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
AdditiveAttention AlphaDropout Attention AugMix AutoContrast Average AveragePooling1D
AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop
Concatenate ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose Conv2D
Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D
Cropping3D CutMix Dense DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense
Embedding Equalization Flatten GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D
GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
GlobalMaxPooling3D GroupNormalization GroupQueryAttention Identity InputLayer LSTM LSTMCell
LayerNormalization LeakyReLU Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D MaxPooling3D
Maximum MelSpectrogram Minimum MixUp MultiHeadAttention Multiply Normalization PReLU Permute
Pipeline RMSNormalization RNN RandAugment RandomBrightness RandomColorDegeneration
RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom ReLU
RepeatVector Rescaling Reshape Resizing ReversibleEmbedding STFTSpectrogram SeparableConv1D
SeparableConv2D SimpleRNN SimpleRNNCell Softmax Solarization SpatialDropout1D SpatialDropout2D
SpatialDropout3D SpectralNormalization StackedRNNCells Subtract TimeDistributed UnitNormalization
UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D""".split()
CLASSES = {  # module -> the classes of it that a config may name; None: any class of that module
    "keras": {"Sequential", "Functional", "Model", "DTypePolicy"},
    "keras.src.models.functional": {"Functional"},
    "keras.layers": set(LAYERS),
    "keras.initializers": None,
    "keras.constraints": None,
    "keras.regularizers": None,
    "keras.optimizers": None,
    "keras.optimizers.schedules": None,
}
WIDTHS = ("units", "filters", "output_dim")


def is_size(value):
    """Whether a value is a positive integer."""
    return type(value) is int and value > 0


def product(values):
    """The product of the sizes among values, as a float: it may exceed every integer type."""
    return math.prod(float(value) for value in values if is_size(value))


def listed(value):
    """A value as a list: what a config gives as a number or as several."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def own_of(part):
    """The config of an object of a config."""
    own = part.get("config")
    return own if isinstance(own, dict) else {}


def input_sizes(part):
    """Shapes of what a layer was built for, without the batch; none where it was not built."""
    build = part.get("build_config")
    build = build if isinstance(build, dict) else {}
    shapes = [*build.values(), *(build.get("shapes_dict") or {}).values()]
    return [shape[1:] for shape in shapes if isinstance(shape, list) and len(shape) > 1]


def widest(parts):
    """At least as many numbers as any layer of a config takes: for layers that do not tell."""
    sides, widths = [1.0], [1.0]
    for part in parts:
        own = own_of(part)
        sides += [product(listed(own.get(key))[1:]) for key in ("batch_shape", "shape")]
        widths += [product(listed(own.get(key))) for key in (*WIDTHS, "target_shape")]
    return max(sides) * max(widths)


def of_layer(part, most):
    """About as many numbers as a layer of Keras asks for, never far fewer.

    Args:
        part: of a config.
        most: numbers that it may take where it does not tell.
    """
    own, shapes = own_of(part), input_sizes(part)
    taken = max((product(shape[-1:]) for shape in shapes), default=most)
    taken = float(own["input_dim"]) if is_size(own.get("input_dim")) else taken
    area, name = product(listed(own.get("kernel_size"))), part["class_name"]
    if is_size(own.get("depth_multiplier")):  # of separable and depthwise convolutions
        maps = taken * own["depth_multiplier"]
        return maps * (area + 1.0) + (maps + 1.0) * product([own.get("filters")])
    if any(is_size(own.get(key)) for key in WIDTHS):
        width = product([own.get(key) for key in WIDTHS])
        gates = 4.0 if "recurrent_activation" in own else 1.0
        recurrent = width if gates > 1.0 or name.startswith("SimpleRNN") else 0.0
        return gates * width * ((taken + recurrent) * area + 1.0)
    heads = [own.get(key) for key in ("num_heads", "num_query_heads", "key_dim", "head_dim")]
    if any(map(is_size, heads)):
        value = product([own.get("num_heads"), own.get("value_dim")])
        return 4.0 * max(product(heads), value) * (taken + 1.0)
    if "equation" in own:
        return product(listed(own.get("output_shape"))) * (taken + 1.0)
    if name == "PReLU":
        return max((product(shape) for shape in shapes), default=most)
    return 4.0 * taken if shapes else 0.0
