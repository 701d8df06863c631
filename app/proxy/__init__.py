"""The local server: request shapes in, one neutral turn through an engine, the same shapes out."""
