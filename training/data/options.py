"""The options of commands that say which data are used and how they are read."""

from zoo.training.option_types import Sizes


def data_options(made):
    add = made.add_argument
    add("--data", type=str, default="digits", help="name of a data set, or a folder or file")
    add("--data-dir", type=str | None, help="folder of data that is not built in")
    reading_options(made)
    add("--limit", type=int | None, help="most training examples to use")
    add("--labels-per-class", type=int | None, help="known labels of a class; null is all")
    text = "read examples from disk when they are needed; null: where they are many"
    add("--stream", type=bool | None, nargs="?", const=True, help=text)
    text = "permutation or counter, which holds none; null: by the number of examples"
    add("--order", type=str | None, help=text)
    text = "mirror half of the training images, anew in each epoch"
    add("--flip", type=bool, nargs="?", const=True, default=False, help=text)
    add("--crop", type=int, default=0, help="pixels that training images are moved by, at most")
    text = "range of brightness, contrast and saturation of training images, such as 0.1"
    add("--color", type=float, default=0.0, help=text)


def reading_options(made):
    add = made.add_argument
    text = "of images: one number, or height and width such as 64,48"
    add("--size", type=int | Sizes | None, help=text)
    text = "color behind transparent images; keep has a fourth channel"
    add("--background", type=str, default="white", help=text)
    add("--fit", type=str, default="stretch", help="images to --size, or crop them first")
    add("--label-column", type=str | None, help="of a table; null is label, class or y")


def survey_options(made):
    add = made.add_argument
    add("name", metavar="PATH", type=str, help="a folder, a file, or the name of a data set")
    add("--data-dir", type=str | None, help="folder of data that is not built in")
    reading_options(made)
    add("--seed", type=int, default=0, help="of what is held out")
    add("--out", type=str, default="data.png", help="PNG file of the first examples")
