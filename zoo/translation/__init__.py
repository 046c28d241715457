"""Translation of images to images: of pairs, and of two domains without pairs."""
