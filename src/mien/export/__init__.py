"""A trained network as one ONNX file, with a report of how near it stays to the original."""
