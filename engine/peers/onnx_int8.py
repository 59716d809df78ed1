"""The graphs of onnx_graph.py and onnx_standard.py with int8 weights, quantized by ONNX Runtime's own tools."""

import logging
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

BLOCK = 128  # weights that share a scale in `blocks.onnx`; 32 and 64 were slower
INT8_PRODUCTS = 4  # the accuracy level that lets MatMulNBits quantize activations


def build_fused(folder: Path) -> None:
    """Writes two models beside the graph of onnx_graph.py, once: `dynamic.onnx` as below, and `blocks.onnx` with scales
    for blocks of weights and of activations (MatMulNBits)."""
    source, target = folder / "onnx" / "model.onnx", folder / "onnx" / "blocks.onnx"
    if target.is_file():
        return
    write_dynamic(source)
    quantizer = MatMulNBitsQuantizer(
        onnx.load(source), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_PRODUCTS
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target), use_external_data_format=True)


def build_standard(folder: Path) -> None:
    """Writes `dynamic.onnx` beside the graph of onnx_standard.py, once."""
    source = folder / "onnx_standard" / "model.onnx"
    if not source.with_name("dynamic.onnx").is_file():
        write_dynamic(source)


def write_dynamic(source: Path) -> None:
    """One scale per column of a matrix, and one for all activations (MatMulInteger)."""
    logging.getLogger().setLevel(logging.ERROR)  # the tool logs a line per tensor
    quantize_dynamic(
        source,
        source.with_name("dynamic.onnx"),
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        use_external_data_format=True,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # types are not inferred behind fused operators
    )
