"""ONNX files: the graph is traced without weights in a process of its own, the weights are streamed into it afterwards."""
