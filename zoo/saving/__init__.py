"""Models as files: loading what others may have written, size limits, presets."""
